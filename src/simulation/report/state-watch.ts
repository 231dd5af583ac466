/** Writes every change of state of every actor into the trace: which actor, on which event, from where to where. */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World, WorldInspector } from '../world/world.ts';

export function watchStates(world: World): WorldInspector {
  const states = new WeakMap<AnyActorRef, string>();
  return {
    of: (node) => (inspected) => {
      if (inspected.type !== '@xstate.snapshot') return;
      const ref = inspected.actorRef as AnyActorRef;
      const after = stateText(inspected);
      if (after === null) return;
      const before = states.get(ref) ?? '';
      states.set(ref, after);
      if (after === before) return;
      world.trace.note({
        at: world.time.now,
        node: node.name,
        event: 'state',
        actor: nameOf(ref, world, node),
        detail: inspected.event.type,
        before,
        after,
      });
    },
  };
}

/** `member.following.trusted`; null for actors that have no states. */
function stateText(inspected: Extract<InspectionEvent, { type: '@xstate.snapshot' }>): string | null {
  const { snapshot } = inspected;
  if (!('value' in snapshot)) return null;
  return flatten(snapshot.value);
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([state, inner]) => [state, flatten(inner)].filter(Boolean).join('.'))
    .join(' + ');
}

/** The actor's own id, with other nodes by their names. */
function nameOf(ref: AnyActorRef, world: World, node: SimulatedNode): string {
  const id = ref.id.replace(
    /[0-9a-f]{64}/g,
    (fingerprint) => world.byFingerprint(fingerprint)?.name ?? fingerprint,
  );
  const link = /^peer\.(.+)$/.exec(id)?.[1];
  if (link === undefined) return id;
  const peer = node.context?.links[link]?.fingerprint;
  return peer === undefined ? id : `peer.${link}(${world.byFingerprint(peer)?.name ?? '?'})`;
}
