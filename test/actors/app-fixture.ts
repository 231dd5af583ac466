/** Apps for tests of whole nodes. */
import { expect } from 'vitest';
import type { AppDefinition, AppParam } from '../../src/protocol/app-types.ts';
import type { TestNode } from './test-grove.ts';

export function paramOf(name: string, change: Partial<AppParam> = {}): AppParam {
  return {
    name,
    kind: 'text',
    required: false,
    default_value: null,
    description: '',
    secret: false,
    ...change,
  };
}

export function appOf(name: string, change: Partial<AppDefinition> = {}): AppDefinition {
  return {
    name,
    params: [paramOf('greeting'), paramOf('motto')],
    install: null,
    on_change: { command: ['/bin/changed'], timeout_ms: 60_000, working_directory: null },
    render: [],
    signal: null,
    restart: null,
    ...change,
  };
}

export async function create(node: TestNode, definition: AppDefinition): Promise<void> {
  const { name } = definition;
  expect(await node.askApp(name, { what: 'create', definition })).toEqual({
    ok: true,
    value: { app: name, generation: 1 },
  });
}

/** Lets the mapping's own run end. */
export async function map(node: TestNode, app: string, appParam: string, groveParam: string): Promise<void> {
  expect(await node.askApp(app, { what: 'map', appParam, groveParam })).toMatchObject({ ok: true });
  node.grove.advance(100);
}

/** What each run was told: why, and the values it was about. */
export function runsOf(node: TestNode): readonly (readonly [string, { [name: string]: unknown }])[] {
  return node.hooks.runs.map(({ input }) => {
    const changed = input.changed as readonly { name: string; new_value: string | null }[];
    const values = Object.fromEntries(changed.map(({ name, new_value }) => [name, new_value]));
    return [String(input.reason), values];
  });
}

export function paramValue(node: TestNode, app: string, param: string): string | null {
  return node.store.apps.values(app).find(({ name }) => name === param)?.value ?? null;
}

/** Types of the events of apps, in order. */
export function told(node: TestNode): readonly string[] {
  const isOfApps = /^(App|Param|Operation|grove\.(mapping|param)-)/;
  return node.events.filter(({ type }) => isOfApps.test(type)).map(({ type }) => type);
}
