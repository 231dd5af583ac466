/** How far the runs have come: one line that is written over, on a terminal; elsewhere nothing. */
import type { RunResult } from '../report/result.ts';
import type { JobProgress } from './job.ts';

export class Progress {
  readonly #stream: NodeJS.WritableStream & { isTTY?: boolean };
  readonly #jobs: number;
  #finished = 0;
  #failed = 0;
  #shown = false;

  constructor(stream: NodeJS.WritableStream & { isTTY?: boolean }, jobs: number) {
    this.#stream = stream;
    this.#jobs = jobs;
  }

  tell({ phase, virtualMs, steps }: JobProgress): void {
    const time = `${(virtualMs / 1_000).toFixed(0)} s of the world's time, ${steps} steps`;
    this.#show(this.#jobs === 1 ? `${phase}: ${time}` : `${this.#count()}  ${phase}: ${time}`);
  }

  done({ violations }: RunResult): void {
    this.#finished += 1;
    if (violations.length > 0) this.#failed += 1;
    if (this.#jobs > 1) this.#show(this.#count());
  }

  /** Something that stays. */
  say(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }

  #count(): string {
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} with violations`;
    return `${this.#finished} of ${this.#jobs} runs${failed}`;
  }

  #show(text: string): void {
    if (this.#stream.isTTY !== true) return;
    this.#stream.write(`\r\u001b[K${text}`);
    this.#shown = true;
  }
}
