/** A simulated node's disk: a real database in memory, and what can go wrong around it. It outlives the node's process. */
import type { GroveStore, PayloadCommit } from '../../ports/index.ts';
import { type NodeStore, StoreError } from '../../store/index.ts';

/** The moments of a process at which it can be made to die. */
export type CrashPoint = 'signing' | 'verifying' | 'before-commit' | 'after-commit' | 'sending';

export interface DiskCircumstances {
  readonly isDead: () => boolean;
  /** The disk takes no more bytes. */
  readonly isFull: () => boolean;
  /** Called around each commit; a node that dies there does nothing afterwards. */
  readonly reach: (point: CrashPoint) => void;
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
  const { apps } = store;
  return {
    ...store,
    commitPayload,
    // In memory nothing is flushed: it is stored within the call.
    commitPayloadSoon: (commit, settled) => {
      commitPayload(commit);
      settled(null);
    },
    leave: writing((floor) => {
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
    apps: {
      ...apps,
      createApp: writing(apps.createApp),
      removeApp: writing(apps.removeApp),
      changeApp: writing(apps.changeApp),
      finishOperation: writing(apps.finishOperation),
      noteFailure: writing(apps.noteFailure),
      interruptOperations: writing(apps.interruptOperations),
      unmap: writing(apps.unmap),
      markMissed: writing(apps.markMissed),
    },
    close: () => {},
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
