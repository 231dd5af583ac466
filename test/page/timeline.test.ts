/** The page's own reckoning, without a browser: what is kept, what a moment looked like, what a filter lets through. */
import { describe, expect, it } from 'vitest';
import type { ActorRecord, MachineRecord } from '../../src/inspector/contract.ts';
import { withMarks } from '../../src/inspector/web/data/convergence.ts';
import { activePaths, Timeline, valueText } from '../../src/inspector/web/data/timeline.ts';
import { toJsonLines, toMermaid } from '../../src/inspector/web/machines/export.ts';
import { readTrace } from '../../src/inspector/web/machines/read-trace.ts';
import { openFilter, SequenceRows } from '../../src/inspector/web/machines/sequence-model.ts';

const fp = 'ab'.repeat(32);
const supervisor: ActorRecord = {
  id: 's',
  name: 'supervisor',
  parent: null,
  machine: 'supervisor',
  peer: null,
  value: 'outside',
};
const peer: ActorRecord = {
  id: 'p',
  name: 'peer.q1',
  parent: 's',
  machine: 'peer',
  peer: { fingerprint: fp, direction: 'inbound' },
  value: 'greeting',
};
const wire: ActorRecord = { ...peer, id: 'w', name: 'wire', parent: 'p', machine: null, value: null };
const helper: ActorRecord = { ...wire, id: 'h', name: 'verify', peer: null };

function event(at: number, from: string | null, to: string, type: string): MachineRecord {
  return { kind: 'event', at, from, to, event: { type } };
}

function step(at: number, actor: string, value: string, to: readonly string[] = [value]): MachineRecord {
  return {
    kind: 'step',
    at,
    actor,
    event: 'e',
    value,
    transitions: [{ from: '', event: 'e', index: 0, to }],
  };
}

function grown(): Timeline {
  const timeline = new Timeline('test', true);
  timeline.setActors([supervisor, peer, wire, helper]);
  timeline.add([
    event(1, 'w', 'p', 'hello'),
    step(1, 'p', 'linked'),
    event(2, 'p', 's', 'peer.greeted'),
    step(2, 's', 'leading'),
    event(3, 'h', 'p', 'done'),
    step(4, 'p', 'closed'),
  ]);
  return timeline;
}

describe('a timeline', () => {
  // w[verify view.live]
  it('knows the state of an actor at any moment it keeps', () => {
    const timeline = grown();
    expect([0, 1, 3, 5].map((n) => timeline.valueAt('p', n))).toEqual([
      'greeting',
      'linked',
      'linked',
      'closed',
    ]);
    expect(timeline.valueAt('s', 2)).toBe('outside');
    expect(timeline.stepsOf('p', 5, 8).map(({ n }) => n)).toEqual([5, 1]);
  });

  it('keeps so many entries, and of actors that ended only those it still tells of', () => {
    const timeline = new Timeline('test', true, 100);
    timeline.setActors([supervisor, peer]);
    timeline.add([{ kind: 'ended', at: 0, actor: 'p', status: 'done' }]);
    for (let at = 0; at < 3_000; at += 1) timeline.add([event(at, null, 's', 'tick')]);
    expect(timeline.entries.length).toBeLessThanOrEqual(2_100);
    expect([...timeline.actors.keys()]).toEqual(['s']);
    expect(timeline.entries.at(-1)?.n).toBe(3_000);
  });

  it('tells what was lost', () => {
    const timeline = grown();
    timeline.add([], 12, 9);
    expect(timeline.entries.at(-1)?.record).toEqual({ kind: 'lost', at: 9, count: 12 });
  });

  it('names nested and parallel states', () => {
    const value = { member: { following: 'trusted' }, disk: 'fine' };
    expect(activePaths(value)).toEqual([
      'member',
      'member.following',
      'member.following.trusted',
      'disk',
      'disk.fine',
    ]);
    expect(valueText(value)).toBe('member.following.trusted · disk.fine');
  });
});

describe('the rows of the sequence', () => {
  // w[verify view.sequence]
  it('let a wire stand for the other node, and a helper for the machine it works for', () => {
    const model = new SequenceRows(grown(), openFilter);
    model.update();
    const shown = model.rows.map(({ from, to, label }) => `${from} → ${to}: ${label}`);
    expect(shown).toEqual([
      `remote ${fp} → peer ${fp}: hello`,
      `peer ${fp} → peer ${fp}: linked`,
      `peer ${fp} → supervisor : peer.greeted`,
      'supervisor  → supervisor : leading',
      `peer ${fp} → peer ${fp}: done`,
      `peer ${fp} → peer ${fp}: closed`,
    ]);
  });

  // w[verify view.sequence]
  it('pass a filter by type, actor, peer and kind, and take each entry once', () => {
    const timeline = grown();
    const through = (changed: Partial<typeof openFilter>) => {
      const model = new SequenceRows(timeline, { ...openFilter, ...changed });
      model.update();
      model.update();
      return model.rows.map(({ label }) => label);
    };
    expect(through({ text: 'GREET' })).toEqual(['peer.greeted']);
    expect(through({ states: false })).toEqual(['hello', 'peer.greeted', 'done']);
    expect(through({ line: 'supervisor ' })).toEqual(['peer.greeted', 'leading']);
    expect(through({ peer: fp, states: false })).toEqual(['hello', 'peer.greeted', 'done']);
    expect(through({ peer: 'cd'.repeat(32) })).toEqual([]);
  });

  // w[verify view.sequence]
  it('become a Mermaid diagram and JSON lines', () => {
    const model = new SequenceRows(grown(), openFilter);
    model.update();
    expect(toMermaid(model.rows.slice(0, 3), model.lines)).toBe(
      [
        'sequenceDiagram',
        '  participant a0 as abababab',
        '  participant a1 as peer abababab',
        '  participant a2 as supervisor',
        '  a0->>a1: hello',
        '  Note over a1: linked',
        '  a1->>a2: peer.greeted',
        '',
      ].join('\n'),
    );
    const line = { ...event(1, 'w', 'p', 'hello'), from_name: 'abababab', to_name: 'peer abababab' };
    expect(toJsonLines(model.rows.slice(0, 1), model.lines)).toBe(`${JSON.stringify(line)}\n`);
  });
});

describe('a trace', () => {
  const machines = ['peer', 'applier', 'supervisor', 'dialAttempt'].map((name) => {
    return { name, transitions: [], begins: {} };
  });

  // w[verify view.trace]
  it('becomes lines between nodes, and states of actors', () => {
    const text = [
      '{"format":"grove-trace/1","nodes":2}',
      '{"at":1,"node":"n0","event":"started","detail":""}',
      '{"at":2,"node":"n0","event":"state","actor":"supervisor","detail":"xstate.init","before":"","after":"outside"}',
      '{"at":3,"node":"n0","event":"sent","peer":"n1","detail":"version seq=2 bytes=9"}',
      '{"at":4,"node":"n1","event":"received","peer":"n0","detail":"version seq=2 bytes=9"}',
      '{"at":5,"node":"n0","event":"state","actor":"supervisor","detail":"join","before":"outside","after":"member.following + disk"}',
    ].join('\n');
    const { timeline, nodes, lines, skipped } = readTrace(text, 'a', machines);
    expect({ nodes, lines, skipped }).toEqual({ nodes: ['n0', 'n1'], lines: 5, skipped: 0 });
    expect(timeline.valueAt('n0/supervisor', timeline.lastN())).toEqual({ member: 'following', disk: '' });
    const model = new SequenceRows(timeline, openFilter);
    model.update();
    expect(model.rows.map(({ from, to, label }) => `${from} → ${to}: ${label}`)).toEqual([
      'outside → n0: started',
      'n0 supervisor → n0 supervisor: starts',
      'outside → n0 supervisor: xstate.init',
      'n0 supervisor → n0 supervisor: outside',
      'n0 → n1: version',
      'n0 → n1: version arrives',
      'outside → n0 supervisor: join',
      'n0 supervisor → n0 supervisor: member.following · disk',
    ]);
  });

  // w[verify view.trace]
  it('is read whatever else is in the file', () => {
    const text = [
      '{"at":5,"node":3,"actor":"supervisor/peer.q1","event":"hello","before":"greeting","after":{"linked":"steady"}}',
      '',
      '[]',
      '{"at":"2026-01-01T00:00:00Z","actor":"applier","event":{"type":"candidate"},"after":{"value":"idle","context":{"a":1}}}',
      '{"actor":1}',
      'null',
    ].join('\n');
    const { timeline, nodes, lines, skipped } = readTrace(text, 'a', machines);
    expect({ nodes, lines, skipped }).toEqual({ nodes: ['3', 'node'], lines: 5, skipped: 3 });
    expect([...timeline.actors.values()].map(({ id, machine }) => [id, machine])).toEqual([
      ['3', null],
      ['3/supervisor/peer.q1', 'peer'],
      ['node', null],
      ['node/applier', 'applier'],
    ]);
    expect(timeline.valueAt('3/supervisor/peer.q1', timeline.lastN())).toEqual({ linked: 'steady' });
    expect(timeline.contextAt('node/applier', timeline.lastN())).toEqual({ a: 1 });
  });
});

describe('convergence', () => {
  // w[verify view.convergence]
  it('takes each node once for each number, in any order, and keeps so many', () => {
    const once = withMarks(
      [],
      [
        { seq: 2, fingerprint: 'x', at: 30 },
        { seq: 2, fingerprint: 'me', at: 20 },
      ],
      'me',
    );
    const twice = withMarks(
      once,
      [
        { seq: 2, fingerprint: 'x', at: 99 },
        { seq: 1, fingerprint: 'x', at: 5 },
      ],
      'me',
    );
    expect(twice).toEqual([
      { seq: 1, at: null, reached: [{ fingerprint: 'x', at: 5 }] },
      { seq: 2, at: 20, reached: [{ fingerprint: 'x', at: 30 }] },
    ]);
    const many = Array.from({ length: 80 }, (_, seq) => ({ seq, fingerprint: 'x', at: seq }));
    expect(withMarks([], many, 'me').map(({ seq }) => seq)).toEqual(many.slice(-50).map(({ seq }) => seq));
  });
});
