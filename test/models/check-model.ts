/** What is checked of every model: one call in a test file, and the machine has its paths, its walks and its mutants. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { type Exploration, explore, Fault, replay, Walker } from './explore.ts';
import { partsOf } from './marks.ts';
import type { Model } from './model.ts';

/** Walks by chance; more of them for a long run: `MODEL_WALKS=100000 npx vitest run test/models`. */
const walks = Number(process.env.MODEL_WALKS ?? '') || 60;
const seed = Number(process.env.MODEL_SEED ?? '') || 20_260_507;
const walkStepsMax = 80;
const walkTimeoutMs = 30_000 + walks * 500;
/** Exploring takes a few seconds of a free processor. */
const exploreTimeoutMs = 180_000;
/** Of so many turns one may be the machine's last. */
const endingEvery = 20;

export function checkModel<Machine extends AnyStateMachine, Memory>(model: Model<Machine, Memory>): void {
  let explored: Exploration | null = null;
  const exploration = () => {
    explored ??= explore(model);
    return explored;
  };

  describe(`the model of ${model.machine.id}`, { timeout: exploreTimeoutMs }, () => {
    it('agrees with the oracle on every step from every state within reach', () => {
      const { states, steps, paths, longest } = exploration();
      if (process.env.MODEL_REPORT === '1') {
        const parts = partsOf(model.machine).length;
        process.stderr.write(
          `${model.machine.id}: ${parts} states and transitions, ${states} situations, ${steps} steps, ${paths.length} paths up to ${longest} long, ${model.mutants.length} mutants\n`,
        );
      }
      expect(states).toBeGreaterThan(1);
      expect(steps).toBeGreaterThan(states);
    });

    it('takes every transition into every state, but for those explained', () => {
      const { parts } = exploration();
      const missed = partsOf(model.machine).filter((part) => !parts.has(part));
      expect(missed.toSorted()).toEqual(Object.keys(model.unreachable).toSorted());
    });

    it('takes its longest paths again, on their own, to where they led', () => {
      const walker = new Walker(model, { reach: 'graph' });
      const longest = exploration().paths.toSorted((left, right) => right.labels.length - left.labels.length);
      for (const path of longest.slice(0, replaysMax)) {
        expect(replay(model, walker, path).key).toBe(path.end);
      }
    });

    it.each(model.mutants)('notices that $mistake', ({ machine, complaint }) => {
      const fault = faultOf(() => explore(model, machine));
      expect(fault).toBeInstanceOf(Fault);
      expect(fault?.message).toMatch(complaint);
    });

    it(
      `agrees with the oracle on ${walks} long walks by chance`,
      () => {
        fc.assert(
          fc.property(
            fc.nat(model.starts.length - 1),
            fc.array(fc.nat(10_000), { minLength: walkStepsMax / 2, maxLength: walkStepsMax }),
            (start, turns) => walk(model, start, turns),
          ),
          { seed, numRuns: walks },
        );
      },
      walkTimeoutMs,
    );
  });
}

function faultOf(take: () => unknown): Error | null {
  try {
    take();
    return null;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** Paths taken again; they take as long as exploring does. */
const replaysMax = 60;

function walk<Machine extends AnyStateMachine, Memory>(
  model: Model<Machine, Memory>,
  start: number,
  turns: readonly number[],
): void {
  const walker = new Walker(model, { reach: 'walk' });
  const first = model.starts[start];
  if (first === undefined) throw new Error('there is no such start');
  const way: string[] = [];
  let situation = walker.begin(first);
  for (const turn of turns) {
    const choices = walker.choices(situation).filter(({ type }) => {
      return turn % endingEvery === 0 || !(model.endings?.test(type) ?? false);
    });
    const choice = choices[turn % choices.length];
    if (choice === undefined) return;
    way.push(choice.type);
    try {
      situation = walker.step(situation, choice);
    } catch (cause) {
      throw new Fault(`${String(cause)}\n  ${way.join('\n  ')}`, { cause });
    }
  }
}
