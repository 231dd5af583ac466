/** The drawn page shows the machines as they are. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { drawMachines } from '../../scripts/draw-machines.mjs';
import { diagramOf, statesOf } from '../../scripts/machine-diagram.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('docs/machines.md', () => {
  it('is what `npm run docs` draws', async () => {
    const drawn = await drawMachines(root, (file) => import(`../../machines/${file}.ts`));
    expect(readFileSync(new URL('../../docs/machines.md', import.meta.url), 'utf8')).toBe(drawn);
  });
});

const machine = setup({
  types: { events: {} as { type: 'go' | 'stop' | 'look' | 'leap' } },
  guards: { isReady: () => true },
  delays: { patience: 1_500, varied: () => 3 },
}).createMachine({
  id: 'sample',
  initial: 'resting',
  on: { stop: '.over', look: {} },
  states: {
    resting: {
      after: { patience: 'over' },
      on: { go: [{ guard: 'isReady', target: 'moving' }, { target: 'over' }], leap: 'moving.fast' },
    },
    moving: {
      initial: 'slow',
      on: { go: '.fast' },
      after: { varied: 'resting' },
      states: {
        slow: { always: { guard: 'isReady', target: 'fast' } },
        fast: { on: { leap: '#sample.over' } },
      },
    },
    over: { type: 'final' },
  },
});
const defaults = { varied: 120_000 };

describe('the diagram of a machine', () => {
  it('has its states, nested ones inside, with events, guards and delays on the arrows', () => {
    expect(diagramOf(machine, defaults).split('\n')).toEqual([
      'stateDiagram-v2',
      '  state "resting" as resting',
      '  state "moving" as moving {',
      '    state "slow" as moving_slow',
      '    state "fast" as moving_fast',
      '    state "any state" as moving_any',
      '    [*] --> moving_slow',
      '    moving_any --> moving_fast : go',
      '    moving_slow --> moving_fast : [isReady]',
      '  }',
      '  state "over" as over',
      '  state "any state" as any',
      '  [*] --> resting',
      '  any --> over : stop',
      '  resting --> moving : go [isReady]<br>leap (to fast)',
      '  resting --> over : go [else]<br>after patience 1.5 s',
      '  moving --> resting : after varied 2 min',
      '  moving --> over : leap (from fast)',
      '  over --> [*]',
    ]);
  });

  it('leaves to a table what changes no state', () => {
    expect(statesOf(machine, defaults)).toBe(
      [
        '| state | runs | hears without leaving it |',
        '| --- | --- | --- |',
        '| any |  | `look` |',
        '',
        'Delays: `patience` 1.5 s, `varied` 2 min.',
      ].join('\n'),
    );
  });
});
