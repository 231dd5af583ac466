/** What an operation consists of and what its command is told. */
import { describe, expect, it } from 'vitest';
import {
  type AppDefinition,
  type HookNews,
  hookEnvironment,
  hookInput,
  isStepDue,
  operationSteps,
} from '../../src/protocol/index.ts';

const command = (program: string) => ({ command: [program], timeout_ms: 1_000, working_directory: null });
const file = (target: string) => ({ template: '', template_file: null, target, mode: null });
const signal = { pid_file: '/run/x.pid', signal: 'SIGHUP', process_name: null } as const;
const restart = { unit: 'web', action: 'restart', timeout_ms: 1_000 } as const;
const definition: AppDefinition = {
  name: 'web',
  params: [],
  install: command('install'),
  on_change: command('on-change'),
  render: [file('/a'), file('/b')],
  signal,
  restart: null,
};

const news: HookNews = {
  app: 'web',
  operation: 'on_change',
  reason: 'changed',
  groveSeq: 12,
  values: { 'max-clients': '5', 'api-token': null, Banner: 'a\nb' },
  changes: [{ name: 'max-clients', old_value: null, new_value: '5' }],
};

describe('the steps of an operation', () => {
  // i[verify app.steps]
  it('are files, command, signal for a change, and files, command for an installation', () => {
    expect(operationSteps(definition, 'on_change')).toEqual([
      { kind: 'render', render: file('/a') },
      { kind: 'render', render: file('/b') },
      { kind: 'command', command: command('on-change') },
      { kind: 'signal', signal },
    ]);
    expect(operationSteps(definition, 'install')).toEqual([
      { kind: 'render', render: file('/a') },
      { kind: 'render', render: file('/b') },
      { kind: 'command', command: command('install') },
    ]);
    const bare = { ...definition, install: null, on_change: null, render: [], signal: null, restart };
    expect(operationSteps(bare, 'install')).toEqual([]);
    expect(operationSteps(bare, 'on_change')).toEqual([{ kind: 'restart', restart }]);
  });

  // i[verify app.steps]
  it('leave the signal out only when every file was right and nothing had failed before', () => {
    const steps = [
      { kind: 'signal', signal },
      { kind: 'restart', restart },
    ] as const;
    for (const step of steps) {
      const due = (anyRendered: boolean, anyChanged: boolean, isAfterFailure: boolean): boolean =>
        isStepDue(step, { anyRendered, anyChanged, isAfterFailure });
      expect(due(true, false, false)).toBe(false);
      expect(due(true, true, false)).toBe(true);
      expect(due(true, false, true)).toBe(true);
      expect(due(false, false, false)).toBe(true);
    }
    const unchanged = { anyRendered: true, anyChanged: false, isAfterFailure: false };
    expect(isStepDue({ kind: 'command', command: command('x') }, unchanged)).toBe(true);
    expect(isStepDue({ kind: 'render', render: file('/a') }, unchanged)).toBe(true);
  });
});

describe('what a command is told', () => {
  // i[verify app.environment]
  it('is a variable for each value, and for what happened', () => {
    expect(hookEnvironment(news)).toEqual({
      APP: 'web',
      OPERATION: 'on_change',
      REASON: 'changed',
      GROVE_SEQ: '12',
      CHANGED_PARAMS: 'max-clients',
      NEW_VALUE: '5',
      PARAM_MAX_CLIENTS: '5',
      PARAM_BANNER: 'a\nb',
    });
  });

  // i[verify app.environment]
  it('says old and new value only for a single change, and no number without the grove', () => {
    const changes = [
      { name: 'one-name', old_value: 'a', new_value: 'b' },
      { name: 'two-name', old_value: 'c', new_value: null },
    ];
    const several = hookEnvironment({ ...news, groveSeq: null, reason: 'operator', values: {}, changes });
    expect(several).toEqual({
      APP: 'web',
      OPERATION: 'on_change',
      REASON: 'operator',
      CHANGED_PARAMS: 'one-name two-name',
    });
    const removed = hookEnvironment({ ...news, values: {}, changes: changes.slice(1) });
    expect(removed).toMatchObject({ OLD_VALUE: 'c' });
    expect(removed).not.toHaveProperty('NEW_VALUE');
  });

  // i[verify app.environment]
  it('leaves values out that no variable can hold, and keeps them on standard input', () => {
    const values = {
      fits: 'x'.repeat(4_096),
      large: 'x'.repeat(4_097),
      wide: 'ā'.repeat(2_049),
      nul: 'a\0b',
    };
    const changes = [{ name: 'large', old_value: values.nul, new_value: values.large }];
    const told = { ...news, values, changes };
    const variables = Object.keys(hookEnvironment(told)).filter((name) => /^(PARAM_|OLD_|NEW_)/.test(name));
    expect(variables).toEqual(['PARAM_FITS']);
    expect(JSON.parse(hookInput(told))).toMatchObject({ params: values, changed: changes });
  });

  // i[verify app.stdin]
  it('is one line of JSON', () => {
    const line = hookInput(news);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual({
      app: 'web',
      operation: 'on_change',
      reason: 'changed',
      grove_seq: 12,
      changed: [{ name: 'max-clients', old_value: null, new_value: '5' }],
      params: { 'max-clients': '5', 'api-token': null, Banner: 'a\nb' },
    });
  });
});
