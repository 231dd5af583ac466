/** Charts of the real machines: everything a definition says is in them, and nothing lies on top of something else. */
import ELK from 'elkjs/lib/elk.bundled.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { readMachines } from '../../scripts/draw-machines.mjs';
import {
  type Box,
  type Chart,
  type Drawing,
  describeMachine,
  drawSvg,
  layOut,
} from '../../src/inspector/charts/index.ts';

interface Drawn {
  readonly machine: AnyStateMachine;
  readonly chart: Chart;
}

const root = new URL('../..', import.meta.url).pathname;
const drawn: Drawn[] = [];

beforeAll(async () => {
  // The layout library's types describe another export than its module has.
  const elk = new (ELK as unknown as new () => ConstructorParameters<typeof Object>[0])();
  const machines = await readMachines(root, (file) => import(`../../machines/${file}.ts`));
  for (const { machine, title, about, delays } of machines) {
    drawn.push({ machine, chart: await layOut(describeMachine(machine, { title, about, delays }), elk) });
  }
}, 60_000);

describe('the chart of each machine', () => {
  // w[verify view.charts]
  it('has every state and every transition of the definition, with its guard', () => {
    expect(drawn.length).toBeGreaterThanOrEqual(7);
    for (const { machine, chart } of drawn) {
      const nodes = nodesOf(machine.root);
      for (const drawing of [chart.full, chart.outline]) {
        expect(drawing.states.map(({ path }) => path)).toEqual(nodes.map(({ path }) => path.join('.')));
      }
      const defined = nodes.flatMap((node) => [
        ...[...node.transitions.values()].flat(),
        ...(node.always ?? []),
      ]);
      expect(chart.transitions).toHaveLength(defined.length);
      expect(
        chart.transitions
          .map(({ guard }) => guard)
          .filter((guard) => !['', 'else'].includes(guard))
          .toSorted(),
      ).toEqual(defined.flatMap(({ guard }) => (guard === undefined ? [] : [String(guard)])).toSorted());
    }
  });

  // w[verify view.charts]
  it('tells of each transition in the full drawing, on its arrow or in its state', () => {
    for (const { chart } of drawn) {
      const told = [...chart.full.states, ...chart.full.edges].flatMap(({ lines }) =>
        lines.flatMap(({ transition }) => (transition === null ? [] : [transition])),
      );
      expect([...new Set(told)].toSorted((a, b) => a - b)).toEqual(
        chart.transitions.map((_, index) => index),
      );
      const text = [...chart.full.states, ...chart.full.edges]
        .flatMap(({ lines }) => lines.map((line) => line.text))
        .join('\n');
      for (const action of chart.transitions.flatMap(({ actions }) => actions))
        expect(text).toContain(action);
      for (const [name, ms] of Object.entries(chart.delays)) {
        if (chart.transitions.some(({ trigger }) => trigger.startsWith(`after ${name} `)))
          expect(ms).toBeGreaterThan(0);
      }
    }
  });

  it('keeps states apart, inner ones inside, and labels inside the drawing', () => {
    for (const { chart } of drawn) {
      for (const drawing of [chart.full, chart.outline]) {
        expect(overlaps(drawing)).toEqual([]);
        for (const { label } of drawing.edges)
          if (label !== null) expect(isInside(label, frameOf(drawing))).toBe(true);
        for (const { points } of drawing.edges) expect(points.length).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('is one SVG document, with markup of the definition as text', () => {
    for (const { chart } of drawn) {
      const svg = drawSvg({ ...chart, about: 'a <b> & "c"' });
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(svg).toContain('a &#60;b&#62; &#38; &#34;c&#34;');
    }
  });
});

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

/** Pairs of states that share ground without one being in the other, and inner ones that stick out. */
function overlaps({ states }: Drawing): readonly string[] {
  return states.flatMap((one, index) =>
    states.slice(index + 1).flatMap((other) => {
      const isWithin = one.path === '' || other.path.startsWith(`${one.path}.`);
      const isWrong = isWithin ? !isInside(other, one) : shareGround(one, other);
      return isWrong ? [`${one.path} and ${other.path}`] : [];
    }),
  );
}

function shareGround(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function isInside(inner: Box, outer: Box): boolean {
  const isWide = inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width + 1;
  return isWide && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height + 1;
}

function frameOf({ width, height }: Drawing): Box {
  return { x: 0, y: 0, width, height };
}
