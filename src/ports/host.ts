/** The seam to the machine the node runs on: what may change under it without anybody telling. */
export interface Host {
  /** A text that changes when the machine's network interfaces or their addresses change. Cheap; never throws. */
  networkState(): string;
}
