/** Apps on whole nodes: what operators and the grove change, what runs, and what is recorded. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppDefinition } from '../../src/protocol/app-types.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

export function appOf(name: string, change: Partial<AppDefinition> = {}): AppDefinition {
  const param = (name: string) => {
    return {
      name,
      kind: 'text' as const,
      required: false,
      default_value: null,
      description: '',
      secret: false,
    };
  };
  return {
    name,
    params: [param('greeting'), param('motto')],
    install: null,
    on_change: { command: ['/bin/changed'], timeout_ms: 60_000, working_directory: null },
    render: [],
    signal: null,
    restart: null,
    ...change,
  };
}

async function created(node: TestNode, definition: AppDefinition): Promise<void> {
  const outcome = await node.askApp(definition.name, { what: 'create', definition });
  expect(outcome).toEqual({ ok: true, value: { app: definition.name, generation: 1 } });
}

describe('smoke', () => {
  it('maps and follows', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    await created(member, appOf('web'));
    expect(
      await member.askApp('web', { what: 'map', appParam: 'greeting', groveParam: 'hello' }),
    ).toMatchObject({ ok: false, reason: { code: 'not_found' } });
    await leader.set('hello', 'kia ora');
    grove.advance(100);
    expect(
      await member.askApp('web', { what: 'map', appParam: 'greeting', groveParam: 'hello' }),
    ).toMatchObject({ ok: true, value: { applied: true, schedule: 'accepted', generation: 2 } });
    grove.advance(100);
    await leader.set('hello', 'morena');
    grove.advance(1000);
    console.log(
      JSON.stringify(member.hooks.runs, null, 1),
      member.events.filter((e) => !e.type.startsWith('grove.p')).map((e) => JSON.stringify(e)),
      member.store.apps.mappings(),
      member.failures,
      member.warnings,
    );
  });
});
