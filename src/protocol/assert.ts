/** For our own mistakes only: stays on in production. What a peer sends is answered with a verdict instead. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`internal mistake: ${message}`);
}
