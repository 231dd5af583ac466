/** What a run leaves for its readers: numbers, a diagram, plots, lines of its trace. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Played, play } from '../../src/simulation/plan/index.ts';
import { mermaidOf } from '../../src/simulation/report/mermaid.ts';
import { growthPlot, spreadPlot } from '../../src/simulation/report/plots.ts';
import { type RunResult, resultOf } from '../../src/simulation/report/result.ts';
import { watchStates } from '../../src/simulation/report/state-watch.ts';
import { plotSvg } from '../../src/simulation/report/svg.ts';
import { growthText, runText } from '../../src/simulation/report/text.ts';
import { traceLine } from '../../src/simulation/report/trace-file.ts';

const played: Played = play({
  seed: 5,
  nodes: 4,
  warmUp: 1,
  keepsTrace: true,
  plan: [
    { at: 0, do: 'publish', value: 'one' },
    { at: 2_000, do: 'publish', value: 'two' },
  ],
  prepare: (world) => {
    world.inspector = watchStates(world);
  },
});
afterAll(() => played.world.close());
const result: RunResult = resultOf(played, { scenario: null, wallMs: 1_234, rssBytes: 2 ** 20 });

describe('the result of a run', () => {
  it('counts the publishes of the plan alone, and what each node had when', () => {
    expect([result.settling.length, result.publishes.length, result.reached_all]).toEqual([1, 2, true]);
    for (const { reached, expected, half_ms, p99_ms, all_ms, hops_max } of result.publishes) {
      expect([reached, expected, hops_max > 0]).toEqual([4, 4, true]);
      expect([half_ms, p99_ms, all_ms].map(Number)).toEqual(
        [half_ms, p99_ms, all_ms].map(Number).sort((a, b) => a - b),
      );
      // The leader has it at once, the others after a link at least.
      expect(all_ms).toBeGreaterThan(20);
    }
    expect(result.summary.copies_per_node).toBeGreaterThanOrEqual(1);
    const { bytes_per_node, other_bytes_per_node, payload_bytes, copies_per_node } = result.summary;
    // Four nodes send what three receive.
    expect(bytes_per_node - other_bytes_per_node).toBeCloseTo(
      (copies_per_node * 3 * Number(payload_bytes)) / 4,
      0,
    );
    expect(result.trace_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says it in words, violations and all', () => {
    const text = runText({
      ...result,
      violations: [{ check: 'seq-never-falls', node: 'n2', at: 1_500, step: 9, detail: 'went from 4 to 3' }],
    });
    expect(text).toContain('4 nodes, seed 5');
    expect(text).toContain('VIOLATION seq-never-falls at 1.500 s, n2: went from 4 to 3');
    expect(growthText([result, { ...result, nodes: 100 }]).split('\n')).toHaveLength(5);
  });

  it('does not depend on whether anybody records states', () => {
    const plain = play({ seed: 5, nodes: 4, warmUp: 1, plan: [] });
    const watched = play({
      seed: 5,
      nodes: 4,
      warmUp: 1,
      plan: [],
      keepsTrace: true,
      prepare: (world) => {
        world.inspector = watchStates(world);
      },
    });
    expect(watched.hash).toBe(plain.hash);
    for (const { world } of [plain, watched]) world.close();
  });
});

describe('a trace', () => {
  const { records } = played.world.trace;

  it('has a state before and after for every step of an actor, in words', () => {
    const line = records.filter(({ event }) => event === 'state').map(traceLine);
    expect(line).toContainEqual(
      expect.stringMatching(/^ +\d+\.\d{3}s n1 applier verifying → handingOn \(candidate\.verified\)$/),
    );
  });

  it('is drawn for a window as who said what to whom', () => {
    const [spread] = played.world.spreads.all.slice(-1);
    const from = spread?.publishedAt ?? 0;
    const lines = mermaidOf(records, { from, to: from + 500 }).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'sequenceDiagram',
      ...['n0', 'n1', 'n2', 'n3'].map((name) => `  participant ${name}`),
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}n0->>n\d: version seq=4 bytes=\d+ \[\d+\.\d+s\]$/),
    );
    expect(lines.filter((line) => /[;#]/.test(line))).toEqual([]);
    expect(mermaidOf(records, { from: 1e9, to: 2e9 })).toBe('sequenceDiagram\n');
  });
});

describe('a plot', () => {
  it('has a curve for each publish, that ends with all nodes', () => {
    const svg = spreadPlot(played);
    expect(svg.match(/<path /g)).toHaveLength(2);
    expect(svg).toContain('number 4');
    expect(svg).not.toContain('NaN');
  });

  it('of the growth has the bound beside what was measured', () => {
    const svg = growthPlot([result, { ...result, nodes: 100 }, { ...result, nodes: 1_000 }]);
    expect(svg).toContain('allowed: log2(n) + 2');
    expect(svg.match(/<circle /g)).toHaveLength(3 * 4);
  });

  it('says in XML what was given as text, and is one without any points', () => {
    const svg = plotSvg({ title: '<a & b>', subtitle: '', x: { label: '' }, y: { label: '' }, series: [] });
    expect(svg).toContain('&lt;a &amp; b&gt;');
    expect(svg).not.toContain('NaN');
    expect(svg).not.toContain('Infinity');
  });
});
