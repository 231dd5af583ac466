/** The actors of a node as the feed names them. XState's own types hide what its inspection needs: one place knows them. */
import type { ActorRecord, PeerOfActor, StateValue } from '../contract.ts';

/** What is read of an XState actor, running or stopped. */
export interface InspectedActor {
  readonly id: string;
  readonly sessionId: string;
  readonly _parent?: InspectedActor;
  /** A statechart's id; other logic has none. */
  readonly logic?: { readonly id?: string; readonly config?: object };
  readonly system?: InspectedSystem;
  getSnapshot(): unknown;
}

export interface InspectedSystem {
  getSnapshot(): {
    readonly _scheduledEvents: { readonly [id: string]: ScheduledEvent };
  };
}

export interface ScheduledEvent {
  readonly source: InspectedActor;
  readonly event: { readonly type: string };
  readonly id: string;
  readonly startedAt: number;
  readonly delay: number;
}

/** The parts of a snapshot that are read. */
export interface ShownSnapshot {
  readonly status?: string;
  readonly value?: StateValue;
  readonly context?: { readonly [field: string]: unknown };
  readonly children?: { readonly [id: string]: InspectedActor | undefined };
}

export function snapshotOf(actor: InspectedActor): ShownSnapshot {
  return (actor.getSnapshot() ?? {}) as ShownSnapshot;
}

export function machineOf(actor: InspectedActor): string | null {
  return actor.logic?.config === undefined ? null : (actor.logic.id ?? null);
}

export function recordOf(actor: InspectedActor): ActorRecord {
  const machine = machineOf(actor);
  return {
    id: actor.sessionId,
    name: actor.id,
    parent: actor._parent?.sessionId ?? null,
    machine,
    peer: peerOf(actor),
    value: machine === null ? null : (snapshotOf(actor).value ?? null),
  };
}

/** The supervisor and everything below it, parents first. */
export function actorsBelow(root: InspectedActor): readonly InspectedActor[] {
  const children = Object.values(snapshotOf(root).children ?? {}).filter((child) => child !== undefined);
  return [root, ...children.flatMap(actorsBelow)];
}

/** The member an actor has to do with: what a peer is linked to, what a dial is for. */
function peerOf(actor: InspectedActor): PeerOfActor | null {
  const machine = machineOf(actor);
  if (machine === null) return actor._parent === undefined ? null : peerOfMachine(actor._parent);
  return peerOfMachine(actor);
}

function peerOfMachine(actor: InspectedActor): PeerOfActor | null {
  const context = snapshotOf(actor).context ?? {};
  if (machineOf(actor) === 'peer') {
    const { fingerprint, direction } = context as unknown as PeerOfActor;
    return { fingerprint, direction };
  }
  if (machineOf(actor) !== 'dialAttempt') return null;
  const [first, ...others] = context.targets as readonly { readonly fingerprint: string }[];
  const isOne = first !== undefined && others.every(({ fingerprint }) => fingerprint === first.fingerprint);
  return isOne ? { fingerprint: first.fingerprint, direction: 'outbound' } : null;
}
