/** What one node says it applied, read from its event stream, with the moment each word of it arrived here. */
import {
  connectOperator,
  type EventLine,
  readLocalOperatorKey,
  readNodeAddresses,
  readNodeFingerprint,
} from '../operator/index.ts';
import type { Json } from '../protocol/types.ts';
import { DemoError } from './demo-error.ts';

/** Stands before every event that a node has kept. */
export const beforeAllEvents = '';

export interface Applied {
  readonly seq: number;
  readonly paramsChanged: readonly string[];
  /** Monotonic milliseconds. */
  readonly at: number;
}

export interface EventWatch {
  /** Resolves with the moment the node said that it holds `seq` or something newer. */
  applied(seq: number): Promise<number>;
  /** Resolves when an app of the node was told of the change numbered `seq` or of something newer. */
  told(seq: number): Promise<void>;
  /** Resolves when the node has had a link to each of `fingerprints`. */
  linked(fingerprints: readonly string[]): Promise<void>;
  /** Asks the node something. Throws `DemoError` when it refuses. */
  ask(method: string): Promise<Json>;
  /** Of the newest event read. */
  lastId(): string;
  close(): Promise<void>;
}

interface Waiter {
  isOver(): boolean;
  resolve(): void;
}

/** Reads the node's events after `since`, those that it kept and those to come. Throws `OperatorError`. */
export async function watchEvents(
  dataDir: string,
  since: string,
  onApplied: (applied: Applied) => void,
): Promise<EventWatch> {
  const [address = ''] = readNodeAddresses(dataDir);
  const fingerprint = readNodeFingerprint(dataDir);
  const client = await connectOperator({ address, fingerprint, identity: readLocalOperatorKey(dataDir) });
  let newest = { seq: 0, at: 0 };
  let lastId = since;
  let toldSeq = 0;
  const greeted = new Set<string>();
  let waiters: readonly Waiter[] = [];

  function read(event: EventLine): void {
    const { type, id, seq, fp, params_changed: changed } = event;
    if (typeof id === 'string') lastId = id;
    if (type === 'grove.payload-applied' && typeof seq === 'number') {
      newest = { seq, at: performance.now() };
      const paramsChanged = Array.isArray(changed) ? changed.map(String) : [];
      onApplied({ ...newest, paramsChanged });
    }
    if (type === 'grove.param-applied' && typeof seq === 'number') toldSeq = Math.max(toldSeq, seq);
    if (type === 'grove.peer-connected' && typeof fp === 'string') greeted.add(fp);
    const over = waiters.filter((waiter) => waiter.isOver());
    waiters = waiters.filter((waiter) => !over.includes(waiter));
    for (const waiter of over) waiter.resolve();
  }

  function until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => {
      waiters = [...waiters, { isOver, resolve }];
    });
  }

  const subscribed = await client.subscribe(since, read);
  if (!subscribed.ok) throw new DemoError(`the node does not tell its events: ${subscribed.reason.message}`);
  return {
    applied: async (seq) => {
      await until(() => newest.seq >= seq);
      return newest.at;
    },
    told: (seq) => until(() => toldSeq >= seq),
    linked: (fingerprints) => until(() => fingerprints.every((fp) => greeted.has(fp))),
    ask: async (method) => {
      const answer = await client.request(method);
      if (answer.ok) return answer.value;
      throw new DemoError(`${method} was refused: ${answer.reason.message}`);
    },
    lastId: () => lastId,
    close: () => client.dispose(),
  };
}
