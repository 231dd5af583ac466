/** A simulated node's disk: a real database in memory, and what can go wrong around it. It outlives the node's process. */
import type { GroveStore, PayloadCommit } from '../../ports/index.ts';
import { type NodeStore, StoreError } from '../../store/index.ts';

/** The moments of a process at which it can be made to die, around a payload. */
export const payloadPoints = ['signing', 'verifying', 'before-commit', 'after-commit', 'sending'] as const;
/** And around what an app does: its change is stored, its command runs, how that ended is stored. */
export const appPoints = [
  'before-change',
  'after-change',
  'running',
  'before-record',
  'after-record',
] as const;
export const crashPoints = [...payloadPoints, ...appPoints] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface DiskCircumstances {
  readonly isDead: () => boolean;
  /** The disk takes no more bytes. */
  readonly isFull: () => boolean;
  /** Called around each commit; a node that dies there does nothing afterwards. */
  readonly reach: (point: CrashPoint) => void;
  /** Has something happen after the disk has flushed what was written. */
  readonly flushed: (action: () => void) => void;
  /** A payload is on the disk. */
  readonly committed: (commit: PayloadCommit) => void;
  /** The node is in no grove any more. */
  readonly left: () => void;
}

/** The store as one process of the node sees it. Once that process is dead it writes nothing any more. */
export function diskOf(store: NodeStore, around: DiskCircumstances): GroveStore {
  const refuse = () => {
    if (around.isDead()) throw new StoreError('io', 'the process is gone');
    if (around.isFull()) throw new StoreError('disk_full', 'the disk is full: make room');
  };
  const writing =
    <Given extends unknown[], Result>(write: (...given: Given) => Result) =>
    (...given: Given): Result => {
      refuse();
      return write(...given);
    };
  const commitPayload = (commit: PayloadCommit) => {
    around.reach('before-commit');
    refuse();
    store.commitPayload({ ...commit, members: memberRows(commit.members) });
    around.committed(commit);
    around.reach('after-commit');
  };
  const { wait, waiting, commitPayloadSoon } = flushing(commitPayload, { ...around, refuse });
  return {
    ...store,
    commitPayload: waiting(commitPayload),
    commitPayloadSoon,
    membership: waiting(store.membership),
    params: waiting(store.params),
    history: waiting(store.history),
    payloadAt: waiting(store.payloadAt),
    formerMembers: waiting(store.formerMembers),
    leave: writing((floor) => {
      wait();
      store.leave(floor);
      around.left();
    }),
    savePeers: writing(store.savePeers),
    removePeers: writing(store.removePeers),
    park: writing(store.park),
    unpark: writing(store.unpark),
    keepForkEvidence: writing(store.keepForkEvidence),
    refuse: writing(store.refuse),
    appendEvents: writing(store.appendEvents),
    appendAudit: writing(store.appendAudit),
    apps: appsOf(store.apps, writing, around.reach),
    close: () => {},
  };
}

/** Commits that do not wait for the disk: one is under way at most, and whatever would show it waits for it. */
function flushing(
  commitPayload: (commit: PayloadCommit) => void,
  around: Pick<DiskCircumstances, 'isDead' | 'flushed'> & { readonly refuse: () => void },
) {
  /** What was written and is not durable: a node that dies now loses it, as at a power failure. */
  let underWay: (() => void) | null = null;
  const wait = () => underWay?.();
  const commitPayloadSoon: GroveStore['commitPayloadSoon'] = (commit, settled) => {
    wait();
    around.refuse();
    const finish = () => {
      if (underWay !== finish) return;
      underWay = null;
      if (around.isDead()) return;
      try {
        commitPayload(commit);
      } catch (failure) {
        // Anything else is a mistake of ours, and ends the run.
        if (!(failure instanceof StoreError)) throw failure;
        settled(failure);
        return;
      }
      if (!around.isDead()) settled(null);
    };
    underWay = finish;
    around.flushed(finish);
  };
  const waiting =
    <Given extends unknown[], Result>(act: (...given: Given) => Result) =>
    (...given: Given): Result => {
      wait();
      return act(...given);
    };
  return { wait, waiting, commitPayloadSoon };
}

type Writing = <Given extends unknown[], Result>(
  write: (...given: Given) => Result,
) => (...given: Given) => Result;

function appsOf(
  apps: NodeStore['apps'],
  writing: Writing,
  reach: DiskCircumstances['reach'],
): NodeStore['apps'] {
  const between =
    <Given extends unknown[], Result>(
      before: CrashPoint,
      write: (...given: Given) => Result,
      after: CrashPoint,
    ) =>
    (...given: Given): Result => {
      reach(before);
      const result = writing(write)(...given);
      reach(after);
      return result;
    };
  return {
    ...apps,
    createApp: writing(apps.createApp),
    removeApp: writing(apps.removeApp),
    changeApp: between('before-change', apps.changeApp, 'after-change'),
    finishOperation: between('before-record', apps.finishOperation, 'after-record'),
    noteFailure: writing(apps.noteFailure),
    interruptOperations: writing(apps.interruptOperations),
    unmap: writing(apps.unmap),
    markMissed: writing(apps.markMissed),
  };
}

/** In larger groves the rows of members are left out. */
export const memberRowsMax = 200;

/**
 * Each database has a row for each member, a copy of the payload's list for whoever reads the file. In one process that
 * is the square of the grove's size, and nobody reads it.
 */
export function memberRows<Row>(members: readonly Row[]): readonly Row[] {
  return members.length > memberRowsMax ? [] : members;
}
