/** What a change does to an app: which values are set, what is run for it, and what cannot be taken. */
import { describe, expect, it } from 'vitest';
import type { AppDefinition, AppParam } from '../../src/protocol/app-types.ts';
import {
  type AppPlan,
  type AppRequestChange,
  effectiveValues,
  type HeldApp,
  type HeldValue,
  planChange,
  type WaitingValue,
} from '../../src/protocol/index.ts';
import type { Param } from '../../src/protocol/types.ts';

const param = (name: string, change: Partial<AppParam> = {}): AppParam => {
  return {
    name,
    kind: 'text',
    required: false,
    default_value: null,
    description: '',
    secret: false,
    ...change,
  };
};

const definition: AppDefinition = {
  name: 'web',
  params: [
    param('contact', { kind: 'email' }),
    param('greeting'),
    param('key', { secret: true }),
    param('motto', { default_value: 'none yet' }),
    param('notes', { kind: 'multiline' }),
  ],
  install: null,
  on_change: { command: ['/bin/changed'], timeout_ms: 1_000, working_directory: null },
  render: [],
  signal: null,
  restart: null,
};

/** An app that was told of everything it has. */
function held(change: Partial<HeldApp> = {}): HeldApp {
  return {
    definition,
    installed: true,
    generation: 4,
    toldGeneration: 4,
    attempts: 0,
    values: { greeting: { value: 'hello', toldValue: 'hello', generation: 3 } },
    mappings: [{ appParam: 'greeting', groveParam: 'hail', appliedSeq: 6 }],
    ...change,
  };
}

const value = (current: string | null, told: string | null, generation = 4): HeldValue => {
  return { value: current, toldValue: told, generation };
};
const waiting = (groveValue: string | null, change: Partial<WaitingValue> = {}): WaitingValue => ({
  appParam: 'greeting',
  groveParam: 'hail',
  pendingSeq: 9,
  groveValue: groveValue === null ? null : { name: 'hail', kind: 'text', value: groveValue },
  ...change,
});
const set = (name: string, wanted: string): AppRequestChange => ({ kind: 'set', name, value: wanted });
const map = (appParam: string, groveValue: (Param & { seq: number }) | null): AppRequestChange => {
  return { kind: 'map', appParam, groveParam: 'hail', groveValue };
};

function planned(app: HeldApp, values: readonly WaitingValue[], request: AppRequestChange | null): AppPlan {
  const verdict = planChange(app, values, request);
  if (!verdict.ok) throw new Error(verdict.reason.message);
  return verdict.value;
}

function refusal(app: HeldApp, request: AppRequestChange) {
  const verdict = planChange(app, [], request);
  return verdict.ok ? null : verdict.reason;
}

const nothing: AppPlan = { map: null, values: [], generation: 4, told: false, progress: [], run: null };

describe('a change by an operator', () => {
  it('sets the value, counts, and runs what it is for', () => {
    expect(planned(held(), [], set('motto', 'onward'))).toEqual({
      ...nothing,
      values: [{ name: 'motto', value: 'onward' }],
      generation: 5,
      run: {
        reason: 'operator',
        attempt: 1,
        groveSeq: null,
        changes: [{ name: 'motto', old_value: 'none yet', new_value: 'onward' }],
      },
    });
  });

  // g[verify apps.same-value]
  it('to what is so already does nothing', () => {
    const app = held({ mappings: [] });
    expect(planned(app, [], set('greeting', 'hello'))).toEqual(nothing);
    expect(planned(app, [], { kind: 'unset', name: 'motto' })).toEqual(nothing);
  });

  // g[verify apps.defaults]
  it('to the default is kept, and runs nothing: the app has that value already', () => {
    const plan = planned(held(), [], set('motto', 'none yet'));
    expect(plan).toMatchObject({ generation: 5, told: true, run: null });
    expect(effectiveValues(definition, {})).toMatchObject({ motto: 'none yet', greeting: null });
  });

  // g[verify apps.runs]
  it.each([
    ['none to a value', {}, set('notes', 'a'), [null, 'a']],
    ['a value to another', { notes: value('a', 'a') }, set('notes', 'b'), ['a', 'b']],
    ['a value to none', { notes: value('a', 'a') }, { kind: 'unset', name: 'notes' }, ['a', null]],
  ] as const)('runs from %s', (_title, values, request, [old_value, new_value]) => {
    expect(planned(held({ values }), [], request).run?.changes).toEqual([
      { name: 'notes', old_value, new_value },
    ]);
  });

  // g[verify mapping.bound]
  it('of a bound param is refused, and the grove param named', () => {
    for (const request of [set('greeting', 'x'), { kind: 'unset', name: 'greeting' } as const]) {
      expect(refusal(held(), request)).toMatchObject({
        code: 'requirements_invalid',
        message: expect.stringContaining('hail'),
        details: { grove_param: 'hail' },
      });
    }
  });

  it.each([
    ['an unknown param', set('nothing', 'x'), 'not_found'],
    ['two lines in one', set('motto', 'a\nb'), 'requirements_invalid'],
    ['an address that is none', set('contact', 'nobody'), 'requirements_invalid'],
    ['more than a value may be', set('notes', 'x'.repeat(65_537)), 'requirements_invalid'],
  ])('is refused: %s', (_title, request, code) => {
    const reason = refusal(held(), request);
    expect(reason?.code).toBe(code);
    if (request.kind === 'set') expect(reason?.message).not.toContain('a\nb');
  });

  it('runs nothing for an app that is not installed, and nothing where nothing is to be run', () => {
    expect(planned(held({ installed: false }), [], set('motto', 'x'))).toMatchObject({
      told: false,
      run: null,
    });
    const silent = { ...definition, on_change: null };
    expect(planned(held({ definition: silent }), [], set('motto', 'x'))).toMatchObject({
      told: true,
      run: null,
    });
  });

  // g[verify apps.required]
  it('waits with what is to be run until every required param has a value', () => {
    const strict = { ...definition, params: [param('greeting'), param('port', { required: true })] };
    const app = held({ definition: strict, mappings: [], values: {} });
    expect(planned(app, [], set('greeting', 'x'))).toMatchObject({ generation: 5, told: false, run: null });
    const half = { ...app, generation: 5, values: { greeting: value('x', null, 5) } };
    expect(planned(half, [], set('port', '80')).run?.changes.map(({ name }) => name)).toEqual([
      'greeting',
      'port',
    ]);
    expect(
      refusal({ ...half, values: { port: value('80', '80') } }, { kind: 'unset', name: 'port' })?.code,
    ).toBe('requirements_invalid');
  });
});

describe('a mapping', () => {
  const hail = { name: 'hail', kind: 'text' as const, value: 'kia ora', seq: 8 };

  // g[verify mapping.create]
  it('gives the param the value the grove has now', () => {
    expect(planned(held({ mappings: [] }), [], map('motto', hail))).toEqual({
      map: { appParam: 'motto', groveParam: 'hail' },
      values: [{ name: 'motto', value: 'kia ora' }],
      generation: 5,
      told: false,
      progress: [{ appParam: 'motto', appliedSeq: 8, misfit: null }],
      run: {
        reason: 'bound',
        attempt: 1,
        groveSeq: 8,
        changes: [{ name: 'motto', old_value: 'none yet', new_value: 'kia ora' }],
      },
    });
  });

  it('of a param that has the value already sets and runs nothing', () => {
    const plan = planned(held({ mappings: [] }), [], map('greeting', { ...hail, value: 'hello' }));
    expect(plan).toMatchObject({ values: [], generation: 4, run: null });
    expect(plan.progress).toEqual([{ appParam: 'greeting', appliedSeq: 8, misfit: null }]);
  });

  // g[verify mapping.create] g[verify mapping.fits]
  it.each([
    ['an unknown param', 'nothing', hail, 'not_found'],
    ['an unknown grove param', 'motto', null, 'not_found'],
    ['a bound param', 'greeting', hail, 'already_installed'],
    ['several lines in one', 'motto', { ...hail, kind: 'multiline' as const }, 'requirements_invalid'],
    ['no address for one', 'contact', hail, 'requirements_invalid'],
  ])('is refused: %s', (_title, name, groveValue, code) => {
    expect(refusal(held(), map(name, groveValue))?.code).toBe(code);
  });
});

describe('what the grove changed', () => {
  // g[verify actuation.one-path] g[verify actuation.once-per-payload]
  it('sets all that waits together, and runs once', () => {
    const app = held({
      values: { greeting: value('hello', 'hello', 3), motto: value('old', 'old', 2) },
      mappings: [
        { appParam: 'greeting', groveParam: 'hail', appliedSeq: 6 },
        { appParam: 'motto', groveParam: 'motto', appliedSeq: 2 },
      ],
    });
    const motto = waiting('new', { appParam: 'motto', groveParam: 'motto', pendingSeq: 9 });
    expect(planned(app, [waiting('kia ora'), motto], null)).toEqual({
      map: null,
      values: [
        { name: 'greeting', value: 'kia ora' },
        { name: 'motto', value: 'new' },
      ],
      generation: 5,
      told: false,
      progress: [
        { appParam: 'greeting', appliedSeq: 9, misfit: null },
        { appParam: 'motto', appliedSeq: 9, misfit: null },
      ],
      run: {
        reason: 'changed',
        attempt: 1,
        groveSeq: 9,
        changes: [
          { name: 'greeting', old_value: 'hello', new_value: 'kia ora' },
          { name: 'motto', old_value: 'old', new_value: 'new' },
        ],
      },
    });
  });

  // g[verify mapping.unset]
  it('to nothing lets the param fall back to its default', () => {
    const app = held({
      values: { motto: value('set', 'set') },
      mappings: [{ appParam: 'motto', groveParam: 'motto', appliedSeq: 2 }],
    });
    const plan = planned(app, [waiting(null, { appParam: 'motto', groveParam: 'motto' })], null);
    expect(plan.values).toEqual([{ name: 'motto', value: null }]);
    expect(plan.run).toMatchObject({
      reason: 'removed',
      groveSeq: 9,
      changes: [{ name: 'motto', old_value: 'set', new_value: 'none yet' }],
    });
  });

  // g[verify mapping.incompatible]
  it.each([
    ['of another kind', waiting('x', { groveValue: { name: 'hail', kind: 'multiline', value: 'x' } })],
    ['that breaks the line', waiting('a\nb')],
  ])('to a value %s leaves the last good one', (_title, misfit) => {
    expect(planned(held(), [misfit], null)).toEqual({
      ...nothing,
      progress: [{ appParam: 'greeting', appliedSeq: 9, misfit: expect.stringContaining('hail') }],
    });
  });

  it('to the value it has already takes note, and runs nothing', () => {
    expect(planned(held(), [waiting('hello')], null)).toEqual({
      ...nothing,
      progress: [{ appParam: 'greeting', appliedSeq: 9, misfit: null }],
    });
  });
});

describe('what an earlier run did not end well for', () => {
  const untold = held({
    generation: 5,
    attempts: 2,
    values: { greeting: value('kia ora', 'hello', 5) },
    mappings: [{ appParam: 'greeting', groveParam: 'hail', appliedSeq: 9 }],
  });

  // g[verify actuation.retry]
  it('is run again, with the number of the change it was about', () => {
    expect(planned(untold, [], null)).toEqual({
      ...nothing,
      generation: 5,
      run: {
        reason: 'retry',
        attempt: 3,
        groveSeq: 9,
        changes: [{ name: 'greeting', old_value: 'hello', new_value: 'kia ora' }],
      },
    });
  });

  it('is run with what changed since, also when that is what it was before', () => {
    const plan = planned(untold, [waiting('hello', { pendingSeq: 10 })], null);
    expect(plan).toMatchObject({ generation: 6, told: false });
    expect(plan.run).toMatchObject({
      attempt: 3,
      groveSeq: 10,
      changes: [{ name: 'greeting', old_value: 'hello', new_value: 'hello' }],
    });
  });

  it('is not run once it did', () => {
    expect(planned(held(), [], null)).toEqual(nothing);
  });
});
