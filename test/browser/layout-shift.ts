/** What the browser itself measured of things that moved without being asked to. */
import type { Page } from 'playwright-core';

/** One frame in which something moved. `parts`: what did, as far as the browser says. */
export interface Shift {
  readonly at: number;
  readonly value: number;
  readonly parts: readonly string[];
}

declare global {
  interface Window {
    shifts: Shift[];
  }
}

/** The types of the DOM do not know this entry: https://wicg.github.io/layout-instability. */
interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly {
    readonly node: Node | null;
    readonly previousRect: DOMRect;
    readonly currentRect: DOMRect;
  }[];
}

/** From now on every shift is written down that nobody's hand had just before caused. */
export async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.shifts = [];
    const nameOf = (node: Node | null): string => {
      const element = node instanceof Element ? node : (node?.parentElement ?? null);
      const within = element?.parentElement?.closest('[class], [id]') ?? null;
      const named = (one: Element | null) =>
        `${one?.localName ?? 'gone'}.${one?.getAttribute('class') ?? ''}`;
      return `${named(within)} ${named(element)}`;
    };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as LayoutShift[]) {
        if (entry.hadRecentInput) continue;
        const parts = entry.sources.map(
          ({ node, previousRect: { x, y }, currentRect }) =>
            `${nameOf(node)} by ${Math.round(currentRect.x - x)},${Math.round(currentRect.y - y)}`,
        );
        window.shifts.push({ at: entry.startTime, value: entry.value, parts });
      }
    }).observe({ type: 'layout-shift', buffered: false });
  });
}

/** What came since the last call, with those of the frame that is being drawn. */
export async function shiftsSince(page: Page): Promise<readonly Shift[]> {
  await page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
  return page.evaluate(() => window.shifts.splice(0));
}
