/** How long publishes took, kept until the next scrape counts them. */
export class PublishTimes {
  #seconds: number[] = [];

  note(seconds: number): void {
    if (this.#seconds.length < keptMax) this.#seconds.push(seconds);
  }

  /** Those since the last call. */
  take(): readonly number[] {
    const taken = this.#seconds;
    this.#seconds = [];
    return taken;
  }
}

/** Publishes between two scrapes; those beyond are not counted. */
const keptMax = 10_000;
