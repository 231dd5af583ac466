/** How a mapping stands, from what is stored. */
import { describe, expect, it } from 'vitest';
import { mappingState } from '../../src/daemon/apps-control.ts';

const mapping = {
  app: 'web',
  appParam: 'greeting',
  groveParam: 'hail',
  appliedSeq: 5,
  pendingSeq: null,
  misfit: null,
};
const told = {
  toldGeneration: 3,
  runs: false,
  isInstalled: true,
  lastError: null,
  generations: new Map([['greeting', 3]]),
};
const untold = { ...told, toldGeneration: 2 };

describe('a mapping', () => {
  // g[verify mapping.states]
  it.each([
    ['is in sync when the app was told', mapping, told, 'in-sync', null],
    ['is pending while a change waits', { ...mapping, pendingSeq: 6 }, told, 'pending', null],
    ['does not fit', { ...mapping, misfit: 'too odd' }, told, 'incompatible', 'too odd'],
    [
      'no longer does not fit when another change waits',
      { ...mapping, misfit: 'x', pendingSeq: 6 },
      told,
      'pending',
      null,
    ],
    ['is applied while something runs', mapping, { ...untold, runs: true }, 'applying', null],
    ['failed', mapping, { ...untold, lastError: 'exited with 3' }, 'failed', 'exited with 3'],
    ['waits for a value that is missing', mapping, untold, 'pending', null],
    [
      'is in sync with an app that is not installed',
      mapping,
      { ...untold, isInstalled: false },
      'in-sync',
      null,
    ],
    ['of an app that is not there waits', mapping, null, 'pending', 'there is no app web on this node'],
  ] as const)('%s', (_title, row, standing, state, last_error) => {
    expect(mappingState(row, standing)).toEqual({ state, last_error });
  });

  it('is in sync although another param of its app is not told', () => {
    const other = new Map([
      ['greeting', 2],
      ['motto', 3],
    ]);
    expect(mappingState(mapping, { ...untold, generations: other, lastError: 'x' }).state).toBe('in-sync');
  });
});
