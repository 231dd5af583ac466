/**
 * What all pages share: the flight recorder, one batch timer that runs only while somebody waits for something, and frames that
 * are made once however many pages are sent them.
 */
import type { InspectionEvent } from 'xstate';
import type { EventDelivery, NodeControl } from '../../operator/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { ActorContext, ActorRecord, EventGap, EventRecord } from '../contract.ts';
import { batchMs } from '../limits.ts';
import { actorsBelow, type InspectedActor, recordOf } from './actors.ts';
import { Convergence } from './convergence.ts';
import { eventRecordOf } from './event-records.ts';
import type { FeedPage } from './feed-page.ts';
import { FlightRecorder, type Inspectable } from './flight-recorder.ts';
import { contextOf } from './records.ts';

export interface FeedHubOptions {
  readonly supervisor: unknown;
  readonly control: NodeControl;
  readonly fingerprint: string;
  readonly clock: Clock;
  /** Told of a mistake of ours, which must not reach the actors that are watched. */
  readonly failed: (error: unknown) => void;
}

export class FeedHub {
  readonly recorder: FlightRecorder;
  readonly convergence: Convergence;
  readonly #pages = new Set<FeedPage>();
  readonly #readers = new Set<() => void>();
  readonly #options: FeedHubOptions;
  readonly root: InspectedActor;
  #timer: unknown = null;
  #frame: { readonly from: number; readonly to: number; readonly text: Buffer } | null = null;
  #reading = 0;

  constructor(options: FeedHubOptions) {
    this.#options = options;
    this.root = options.supervisor as InspectedActor;
    this.convergence = new Convergence(options.fingerprint, () => this.now());
    const status = options.control.status();
    this.convergence.begin(status.is_member ? status.current_seq : 0);
    this.convergence.onMark = (mark) => {
      for (const page of this.#pages) page.mark(mark);
      this.schedule();
    };
    this.recorder = new FlightRecorder(
      options.supervisor as Inspectable,
      options.clock,
      (actor, event) => {
        this.convergence.witness(actor, event);
        if (this.#reading > 0 && event.type === '@xstate.snapshot') this.#noteChanged(actor);
      },
      () => {
        if (this.#reading > 0) this.schedule();
      },
      options.failed,
    );
  }

  // w[impl feed.harmless]
  /** A mistake in what is shown ends what shows it, and is logged; the node goes on. False when there was one. */
  guarded(show: () => void): boolean {
    try {
      show();
      return true;
    } catch (error) {
      this.#options.failed(error);
      return false;
    }
  }

  /** Everything the machines' inspection says, from now on. */
  inspect(observer: (event: InspectionEvent) => void): { unsubscribe(): void } {
    return (this.#options.supervisor as Inspectable).system.inspect(observer);
  }

  now(): number {
    return this.#options.clock.now();
  }

  get pages(): number {
    return this.#pages.size;
  }

  /** Bytes that wait in this process until pages read. */
  get waitingBytes(): number {
    return [...this.#pages].reduce((sum, page) => sum + page.waitingBytes, 0);
  }

  add(page: FeedPage): void {
    this.#pages.add(page);
  }

  remove(page: FeedPage): void {
    this.#pages.delete(page);
    page.close();
  }

  /** A tool that reads the recorder in another way: `batch` is called when there is something new. */
  addReader(batch: () => void): () => void {
    this.#readers.add(batch);
    this.readersChanged();
    return () => {
      this.#readers.delete(batch);
      this.readersChanged();
    };
  }

  readersChanged(): void {
    this.#reading = [...this.#pages].filter(({ readsMachines }) => readsMachines).length + this.#readers.size;
    this.recorder.detailed = this.#reading > 0;
  }

  // w[impl feed.batched]
  /** A batch is due: at most one timer, and none while nobody waits. */
  schedule(): void {
    if (this.#pages.size + this.#readers.size === 0) return;
    this.#timer ??= this.#options.clock.setTimeout(() => this.#flush(), batchMs);
  }

  subscribeEvents(since: string | null, deliver: (delivery: EventDelivery) => boolean) {
    return this.#options.control.subscribe(since, deliver);
  }

  eventRecord(delivery: Exclude<EventDelivery, { kind: 'caught-up' }>): EventRecord | EventGap {
    return eventRecordOf(delivery);
  }

  actors(): readonly ActorRecord[] {
    return actorsBelow(this.root).map(recordOf);
  }

  contexts(ids: ReadonlySet<string>): readonly ActorContext[] {
    return actorsBelow(this.root)
      .filter(({ sessionId }) => ids.has(sessionId))
      .map(contextOf);
  }

  /** The records of this range as one frame, which the pages share. */
  recordsFrame(from: number, to: number): Buffer {
    if (this.#frame?.from === from && this.#frame.to === to) return this.#frame.text;
    const records: string[] = [];
    for (let number = from; number < to; number += 1) records.push(this.recorder.json(number) ?? 'null');
    const head = `{"type":"records","now":${this.now()},"first":${from},"lost":0,"records":[`;
    const text = Buffer.from(`${head}${records.join(',')}]}`);
    this.#frame = { from, to, text };
    return text;
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.recorder.close();
    for (const page of [...this.#pages]) this.remove(page);
  }

  #noteChanged(actor: InspectedActor): void {
    for (const page of this.#pages) page.changed(actor.sessionId);
  }

  #flush(): void {
    this.#timer = null;
    let behind = false;
    for (const page of this.#pages) {
      const isWell = this.guarded(() => {
        if (!page.flush()) behind = true;
      });
      if (!isWell) page.fail();
    }
    for (const batch of this.#readers) this.guarded(batch);
    // A page that has not read yet is looked at again; the others have all there is.
    if (behind) this.schedule();
  }
}
