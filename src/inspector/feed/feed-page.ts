/**
 * One page's feed: its subscriptions, and what it is sent at the next batch. A page that reads slowly gets nothing new until it
 * has read; what was dropped meanwhile it is told, and it starts again from how things are then.
 */
import type { WebSocket } from 'ws';
import type { EventDelivery } from '../../operator/index.ts';
import type {
  ActorContext,
  EventGap,
  EventRecord,
  FeedFrame,
  FeedRequest,
  ReachedMark,
} from '../contract.ts';
import {
  contractVersion,
  convergencePublishesMax,
  feedCloseCodes,
  feedFrameRecordsMax,
} from '../contract.ts';
import { eventsPerFrameMax, waitingBytesMax } from '../limits.ts';
import type { FeedHub } from './feed-hub.ts';

export class FeedPage {
  readonly #socket: WebSocket;
  readonly #hub: FeedHub;
  #events: { pull(): void; close(): void } | null = null;
  #eventsWaiting: (EventRecord | EventGap)[] = [];
  #eventsFull = false;
  #caughtUp = false;
  /** The number of the next record to send; null without the channel. */
  #cursor: number | null = null;
  #watched: readonly string[] = [];
  /** Watched actors that changed, or were not sent yet. */
  #changed = new Set<string>();
  /** Null without the channel. */
  #marks: ReachedMark[] | null = null;

  constructor(socket: WebSocket, hub: FeedHub) {
    this.#socket = socket;
    this.#hub = hub;
    this.#send({ type: 'hello', contract: contractVersion, now: hub.now() });
  }

  get readsMachines(): boolean {
    return this.#cursor !== null;
  }

  /** Bytes that wait in this process until the page reads. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  handle(request: FeedRequest): void {
    if (request.type === 'watch') this.#watch(request.actors);
    else if (request.type === 'unsubscribe') this.#unsubscribe(request.channel);
    else if (request.channel === 'events') this.#subscribeEvents(request.since ?? null);
    else if (request.channel === 'machines') this.#subscribeMachines();
    else this.#subscribeConvergence();
    this.#hub.schedule();
  }

  /** Something of ours went wrong while this page was served. */
  fail(): void {
    this.#socket.close(feedCloseCodes.failed, 'the node could not do this: its log says why');
  }

  close(): void {
    this.#unsubscribe('events');
    this.#unsubscribe('machines');
    this.#unsubscribe('convergence');
  }

  mark(mark: ReachedMark): void {
    // The whole picture is sent instead when there are too many to tell apart.
    if (this.#marks !== null && this.#marks.length <= marksMax) this.#marks.push(mark);
  }

  changed(actor: string): void {
    if (this.#watched.includes(actor)) this.#changed.add(actor);
  }

  // w[impl feed.slow-page]
  /** Sends what there is; false when the page has not read what it was sent before. */
  flush(): boolean {
    if (this.#socket.bufferedAmount > waitingBytesMax) return false;
    this.#flushEvents();
    this.#flushRecords();
    this.#flushContexts();
    this.#flushMarks();
    return this.#isUpToDate();
  }

  #isUpToDate(): boolean {
    return this.#cursor === null || this.#cursor >= this.#hub.recorder.next;
  }

  #watch(actors: readonly string[]): void {
    this.#watched = actors;
    this.#changed = new Set(actors);
  }

  #subscribeEvents(since: string | null): void {
    this.#unsubscribe('events');
    const subscription = this.#hub.subscribeEvents(since, (delivery) => this.#takeEvent(delivery));
    this.#events = subscription;
  }

  #subscribeMachines(): void {
    this.#cursor ??= 0;
    this.#startOver(0);
    this.#hub.readersChanged();
  }

  #subscribeConvergence(): void {
    this.#marks = [];
    this.#send({ type: 'convergence', now: this.#hub.now(), publishes: this.#hub.convergence.publishes() });
  }

  #unsubscribe(channel: 'events' | 'machines' | 'convergence'): void {
    if (channel === 'convergence') this.#marks = null;
    if (channel === 'events') {
      this.#events?.close();
      this.#events = null;
      this.#eventsWaiting = [];
      this.#caughtUp = false;
    }
    if (channel === 'machines') {
      this.#cursor = null;
      this.#watch([]);
      this.#hub.readersChanged();
    }
  }

  #takeEvent(delivery: EventDelivery): boolean {
    if (delivery.kind === 'caught-up') this.#caughtUp = true;
    else this.#eventsWaiting.push(this.#hub.eventRecord(delivery));
    this.#eventsFull = this.#eventsWaiting.length >= eventsPerFrameMax;
    this.#hub.schedule();
    return !this.#eventsFull;
  }

  #flushEvents(): void {
    const now = this.#hub.now();
    if (this.#eventsWaiting.length > 0) {
      this.#send({ type: 'events', now, events: this.#eventsWaiting });
      this.#eventsWaiting = [];
    }
    if (this.#caughtUp) this.#send({ type: 'events.caught-up', now });
    this.#caughtUp = false;
    if (!this.#eventsFull) return;
    this.#eventsFull = false;
    this.#events?.pull();
  }

  #flushRecords(): void {
    if (this.#cursor === null) return;
    const { oldest, next } = this.#hub.recorder;
    if (this.#cursor < oldest) this.#startOver(next - this.#cursor);
    while (this.#cursor < next && this.#socket.bufferedAmount <= waitingBytesMax) {
      const end = Math.min(next, this.#cursor + feedFrameRecordsMax);
      this.#socket.send(this.#hub.recordsFrame(this.#cursor, end), { binary: false });
      this.#cursor = end;
    }
  }

  /** How things are now, and then what comes. */
  #startOver(lost: number): void {
    const now = this.#hub.now();
    const { next } = this.#hub.recorder;
    this.#cursor = next;
    this.#send({ type: 'actors', now, next, actors: this.#hub.actors() });
    if (lost > 0) this.#send({ type: 'records', now, first: next, lost, records: [] });
    this.#changed = new Set(this.#watched);
  }

  #flushContexts(): void {
    if (this.#changed.size === 0) return;
    const actors: readonly ActorContext[] = this.#hub.contexts(this.#changed);
    this.#changed.clear();
    if (actors.length > 0) this.#send({ type: 'contexts', now: this.#hub.now(), actors });
  }

  #flushMarks(): void {
    if (this.#marks === null || this.#marks.length === 0) return;
    if (this.#marks.length > marksMax) this.#subscribeConvergence();
    else this.#send({ type: 'reached', now: this.#hub.now(), marks: this.#marks });
    this.#marks = [];
  }

  #send(frame: FeedFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }
}

/** Marks that wait for one page. */
const marksMax = convergencePublishesMax * 100;
