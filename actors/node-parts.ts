/**
 * Which parts belong to which node. The machines are made once for a process, however many nodes live in it; what one
 * of their actors works with follows from the actor system it runs in.
 */
import type { AnyActorRef, CallbackActorLogic, EventObject, NonReducibleUnknown } from 'xstate';
import { fromCallback } from 'xstate';
import { assert } from '../src/protocol/index.ts';
import type { GroveParts } from './parts.ts';

type AnySystem = AnyActorRef['system'];

const partsOfSystems = new WeakMap<AnySystem, GroveParts>();

/** Says what the actors of this system work with. To be called before the system starts. */
export function bindParts(system: AnySystem, parts: GroveParts): void {
  partsOfSystems.set(system, parts);
}

/** Logic that is made for each node, behind one that the machines of all nodes share. */
export function ofNode<Event extends EventObject, Input extends NonReducibleUnknown>(
  make: (parts: GroveParts) => CallbackActorLogic<Event, Input>,
): CallbackActorLogic<Event, Input> {
  const made = new WeakMap<AnySystem, CallbackActorLogic<Event, Input>>();

  function logicOf(system: AnySystem): CallbackActorLogic<Event, Input> {
    const known = made.get(system);
    if (known !== undefined) return known;
    const parts = partsOfSystems.get(system);
    assert(parts !== undefined, 'a system is bound to its parts before it starts');
    const logic = make(parts);
    made.set(system, logic);
    return logic;
  }

  return {
    ...fromCallback<Event, Input>(() => {}),
    start: (state, scope) => logicOf(scope.system).start?.(state, scope),
    transition: (state, event, scope) => logicOf(scope.system).transition(state, event, scope),
  };
}
