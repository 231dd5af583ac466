/**
 * What is live on a drawn chart: the states an actor is in, the transition it took last, and a flash for each one it takes.
 * Works on the elements themselves, since drawing a chart anew for every event would cost the frames it is to be seen in.
 */
import type { Chart } from '../../charts/index.ts';
import type { StateValue, TransitionTaken } from '../../contract.ts';
import { activePaths } from '../data/timeline.ts';

const flashMs = 900;
/** A transition that flashes already, and is taken again, goes on flashing. */
const flashAgainMs = 150;

// w[impl view.live]
export class LiveChart {
  private readonly states = new Map<string, Element>();
  private readonly parts = new Map<number, readonly Element[]>();
  private readonly indexes = new Map<string, number>();
  private active: ReadonlySet<string> = new Set();
  private lastParts: readonly Element[] = [];
  private readonly flashed = new Map<number, number>();
  private readonly isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;

  constructor(layer: Element, chart: Chart) {
    for (const element of layer.querySelectorAll('[data-state]')) {
      this.states.set(element.getAttribute('data-state') ?? '', element);
    }
    chart.transitions.forEach(({ source, event, candidate }, index) => {
      this.indexes.set(keyOf(source, event, candidate), index);
      this.parts.set(index, [
        ...layer.querySelectorAll(`[data-transitions~="${index}"] > path, [data-line="${index}"]`),
      ]);
    });
  }

  show(value: StateValue | null): void {
    const next = new Set(activePaths(value));
    for (const path of this.active) if (!next.has(path)) this.states.get(path)?.classList.remove('active');
    for (const path of next) if (!this.active.has(path)) this.states.get(path)?.classList.add('active');
    this.active = next;
  }

  /** The innermost active states: what is worth bringing into view. */
  leaves(): readonly string[] {
    const paths = [...this.active];
    return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
  }

  /** Marks transitions as the last ones taken, and lets them flash. */
  take(transitions: readonly TransitionTaken[], now: number): void {
    const indexes = transitions.flatMap(
      ({ from, event, index }) => this.indexes.get(keyOf(from, event, index)) ?? [],
    );
    if (indexes.length === 0) return;
    for (const part of this.lastParts) part.classList.remove('last');
    this.lastParts = indexes.flatMap((index) => this.parts.get(index) ?? []);
    for (const part of this.lastParts) part.classList.add('last');
    for (const index of indexes) this.flash(index, now);
  }

  clearLast(): void {
    for (const part of this.lastParts) part.classList.remove('last');
    this.lastParts = [];
  }

  private flash(index: number, now: number): void {
    if (this.isStill || now - (this.flashed.get(index) ?? 0) < flashAgainMs) return;
    this.flashed.set(index, now);
    for (const part of this.parts.get(index) ?? []) {
      for (const animation of part.getAnimations()) animation.cancel();
      const frames =
        part.tagName === 'path'
          ? [{ stroke: 'var(--flash)', strokeWidth: '4px' }, {}]
          : [{ fill: 'var(--flash)' }, {}];
      part.animate(frames, { duration: flashMs, easing: 'ease-out' });
    }
  }
}

function keyOf(source: string, event: string, candidate: number): string {
  return `${source}|${event}|${candidate}`;
}
