/** The allow-list against the machines as they run: every field of every context was decided upon. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InspectionEvent } from 'xstate';
import * as machines from '../../machines/index.ts';
import { type GroveNode, startNode } from '../../src/daemon/node.ts';
import { type InspectedActor, machineOf, type ShownSnapshot } from '../../src/inspector/feed/actors.ts';
import { contextShapes } from '../../src/inspector/feed/allow-list.ts';
import { fields, show } from '../../src/inspector/feed/shown.ts';
import { begin, walk } from '../machines/transition-rows.ts';

const seen = new Map<string, Set<string>>();
const operator = { kind: 'test', id: 'test', display: 'test' };
let directory: string;
const nodes: GroveNode[] = [];

function note(event: InspectionEvent): void {
  if (event.type !== '@xstate.snapshot') return;
  const machine = machineOf(event.actorRef as unknown as InspectedActor);
  if (machine === null) return;
  const names = seen.get(machine) ?? new Set();
  seen.set(machine, names);
  for (const name of Object.keys((event.snapshot as ShownSnapshot).context ?? {})) names.add(name);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'grove-allow-list-'));
  for (const name of ['one', 'two']) {
    nodes.push(await startNode({ dataDir: join(directory, name), listen: ['127.0.0.1:0'], inspect: note }));
  }
  const [one, two] = nodes as [GroveNode, GroveNode];
  await one.control.execute({ type: 'init', label: 'one' }, operator);
  const member = { fp: two.fingerprint, label: 'two' };
  await one.control.execute({ type: 'change', change: { kind: 'invite', member } }, operator);
  const [address = ''] = one.listening;
  const invite = {
    inviters: [{ address, fingerprint: one.fingerprint }],
    leader_fp: one.fingerprint,
    leader_key: null,
    grove_id: null,
  };
  const joined = await two.control.execute({ type: 'join', invite }, operator);
  expect(joined).toMatchObject({ ok: true });
  const definition = {
    name: 'printer',
    params: [],
    install: null,
    on_change: null,
    render: [],
    signal: null,
    restart: null,
  };
  expect(await two.control.apps.ask('printer', { what: 'create', definition }, operator)).toMatchObject({
    ok: true,
  });
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  rmSync(directory, { recursive: true, force: true });
});

it('every machine ran, and has a list', () => {
  const ids = Object.values(machines).flatMap((machine) => ('root' in machine ? [machine.id] : []));
  expect([...seen.keys()].sort()).toEqual(ids.sort());
  expect(Object.keys(contextShapes).sort()).toEqual(ids.sort());
});

// w[verify feed.allow-list]
it('every field of every context is shown or hidden on purpose', () => {
  for (const [machine, names] of seen) {
    expect([machine, ...Object.keys(contextShapes[machine] ?? {}).sort()]).toEqual([
      machine,
      ...[...names].sort(),
    ]);
  }
});

it('whom a node asks for a payload is shown, with what was announced', () => {
  const asked = { linkId: 'q1', version: { seq: 6, hash: 'ab' }, comes: 'when-asked' } as const;
  const { snapshot } = begin(machines.newsMachine, { heldSeq: 5, refused: [] });
  const { context } = walk(machines.newsMachine, snapshot, { type: 'peer.announced', ...asked });
  expect(show(context, fields(contextShapes.news ?? {}))).toMatchObject({ asked, heldSeq: 5 });
});
