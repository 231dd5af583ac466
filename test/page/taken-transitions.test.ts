/** Which transitions a step of a trace took, found in the definition of a machine that XState itself reads. */
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { describeMachine } from '../../src/inspector/charts/describe-machine.ts';
import type { StateValue } from '../../src/inspector/contract.ts';
import { transitionsTaken } from '../../src/inspector/web/machines/taken-transitions.ts';

const machine = createMachine({
  id: 'door',
  initial: 'closed',
  on: { 'alarm.*': { target: '.open' }, pushed: { actions: 'creak' } },
  states: {
    closed: {
      on: {
        knock: [
          { guard: 'isFriend', target: 'open' },
          { guard: 'isNeighbour', target: 'open' },
          { target: 'bolted' },
        ],
      },
    },
    bolted: { after: { patience: 'closed' } },
    open: {
      initial: 'ajar',
      on: { knock: { target: 'closed' }, slam: { target: 'closed' } },
      states: {
        ajar: { always: { guard: 'isWindy', target: 'wide' } },
        wide: { on: { slam: { target: 'ajar' } } },
      },
    },
  },
});
const definition = describeMachine(machine, { title: '', about: '', delays: { patience: 1_000 } });

function taken(event: string, before: StateValue, after: StateValue) {
  return transitionsTaken(definition, { event, before, after }).map(
    ({ from, event: heard, index }) => `${from || 'door'}: ${heard || 'at once'} ${index}`,
  );
}

// w[verify view.trace-steps]
describe('the transitions of a step', () => {
  it.each<[string, string, StateValue, StateValue, readonly string[]]>([
    ['are the one that leads there', 'knock', 'closed', 'bolted', ['closed: knock 2']],
    [
      'are all that may have led there',
      'knock',
      'closed',
      { open: 'ajar' },
      ['closed: knock 0', 'closed: knock 1'],
    ],
    [
      'are found along what follows by itself',
      'knock',
      'closed',
      { open: 'wide' },
      ['closed: knock 0', 'open.ajar: at once 0', 'closed: knock 1'],
    ],
    ['are those of the innermost state', 'slam', { open: 'wide' }, { open: 'ajar' }, ['open.wide: slam 0']],
    [
      'are those of an outer state where that leads there',
      'slam',
      { open: 'wide' },
      'closed',
      ['open: slam 0'],
    ],
    [
      'are those of the machine itself, by a wildcard',
      'alarm.fire',
      'closed',
      { open: 'ajar' },
      ['door: alarm.* 0'],
    ],
    [
      'begin with an event that leads nowhere itself',
      'pushed',
      { open: 'ajar' },
      { open: 'wide' },
      ['door: pushed 0', 'open.ajar: at once 0'],
    ],
    [
      'are those of a delay',
      'xstate.after.patience.door.bolted',
      'bolted',
      'closed',
      ['bolted: xstate.after.patience.door.bolted 0'],
    ],
    ['are none for what the machine does not know', 'kicked', 'closed', 'bolted', []],
  ])('%s', (_title, event, before, after, expected) => {
    expect(taken(event, before, after).toSorted()).toEqual(expected.toSorted());
  });
});
