/** What machines name and do not have: forgetting to provide it is an error at once, and the node forgets none. */
import { describe, expect, it } from 'vitest';
import { type AnyActorLogic, type AnyStateMachine, createActor, StateMachine } from 'xstate';
import { providedSupervisor } from '../../actors/provide.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';

/** Every source below a machine by its path, machines themselves left out. */
function sourcesOf(machine: AnyStateMachine, path = ''): [string, AnyActorLogic][] {
  return Object.entries(machine.implementations.actors as { [name: string]: AnyActorLogic }).flatMap(
    ([name, logic]): [string, AnyActorLogic][] =>
      logic instanceof StateMachine ? sourcesOf(logic, `${path}${name}/`) : [[`${path}${name}`, logic]],
  );
}

const sources = sourcesOf(supervisorMachine);

describe('a source that was not provided', () => {
  it('is one of these', () => {
    expect(sources.map(([path]) => path).toSorted()).toEqual([
      'applier/keepAside',
      'applier/readParked',
      'applier/storePayload',
      'applier/verifyCandidate',
      'bookkeeper',
      'departGrove',
      'dialAttempt/dialAddress',
      'dialLoop/dialAttempt/dialAddress',
      'endpoint',
      'paramActuator/app/changeApp',
      'paramActuator/app/recordOperation',
      'paramActuator/app/removeApp',
      'paramActuator/app/runOperation',
      'paramActuator/app/stopLeftovers',
      'paramActuator/registry',
      'peer/wire',
      'publisher/draftPayload',
      'publisher/signPayload',
      'publisher/storePublish',
    ]);
  });

  it.each(sources)('throws by its name: %s', (path, logic) => {
    const actor = createActor(logic, { input: {} });
    let failure: unknown = null;
    actor.subscribe({
      error: (error) => {
        failure = error;
      },
    });
    actor.start();
    expect(failure).toEqual(new Error(`actor "${path.split('/').at(-1)}" was not provided`));
  });
});

describe('the node', () => {
  it('provides every source', () => {
    // Only the wiring is looked at: nothing is started.
    const provided = sourcesOf(providedSupervisor);
    expect(provided.map(([path]) => path)).toEqual(sources.map(([path]) => path));
    for (const [index, [path, logic]] of provided.entries()) {
      expect(logic === sources[index]?.[1], path).toBe(false);
    }
  });
});
