/** What tests read of the machines view. */
import type { Page } from 'playwright-core';

/** One change on the chart: a state that was marked, or the words of a transition. `stepAt`: when the node took it. */
export interface Mark {
  readonly at: number;
  readonly stepAt: number;
  readonly what: string;
}

declare global {
  interface Window {
    marks: Mark[];
  }
}

/** From now on every mark on the chart is written down with the moment it came. */
export async function recordMarks(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.marks = [];
    const frame = document.querySelector('.chart-frame');
    if (frame === null) throw new Error('there is no chart');
    new MutationObserver((mutations) => {
      const at = Date.now();
      const stepAt = Number(frame.getAttribute('data-step-at'));
      // What a class was after each change is told by the next change of the same element.
      const later = new Map<Node, string>();
      const fresh: Mark[] = [];
      for (const { target, oldValue } of mutations.toReversed()) {
        if (!(target instanceof Element)) continue;
        const after = (later.get(target) ?? target.getAttribute('class') ?? '').split(' ');
        const before = (oldValue ?? '').split(' ');
        later.set(target, oldValue ?? '');
        const gained = (name: string) => after.includes(name) && !before.includes(name);
        if (gained('active')) fresh.push({ at, stepAt, what: `state ${target.getAttribute('data-state')}` });
        if (gained('last') && target.hasAttribute('data-line')) {
          fresh.push({ at, stepAt, what: `transition ${target.textContent}` });
        }
      }
      window.marks.push(...fresh.toReversed());
    }).observe(frame, {
      attributes: true,
      attributeFilter: ['class'],
      attributeOldValue: true,
      subtree: true,
    });
  });
}

/** What each row says to a screen reader. */
export function eventWords(rows: readonly Element[]): readonly string[] {
  return rows.map((row) => {
    const [time, words] = ['time', '.unseen'].map((part) => row.querySelector(part)?.textContent ?? '');
    return `${time} ${words}`;
  });
}
