/** The machines view against real nodes: the current state on the chart, the sequence of events. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { eventWords, type Mark, recordMarks } from './machines-page.ts';
import { growGrove, startInspected } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

describe('the machines view', () => {
  // w[verify view.live]
  it('marks states and transitions on the chart as a node takes them, in their order', async ({
    place,
    browser,
  }) => {
    const node = await startInspected(place, 'a');
    const page = await browser.open(node, { view: 'machines' });
    await pick(page, 'supervisor');
    await page.locator('[data-state="outside"].active').waitFor();
    await recordMarks(page);
    const latenciesMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await node.ask('grove', 'init', '--label', `round-${round}`);
      await page.locator('[data-state="member.leading"].active').waitFor();
      await node.ask('grove', 'leave', '--force');
      await page.locator('[data-state="outside"].active').waitFor();
      const marks = await page.evaluate(() => window.marks.splice(0));
      expect(taken(marks)).toEqual(['found', 'payload.published', 'leave [else]', 'grove.departed']);
      latenciesMs.push(
        ...marks.filter(({ what }) => what.startsWith('state')).map(({ at, stepAt }) => at - stepAt),
      );
    }
    latenciesMs.sort((a, b) => a - b);
    const median = latenciesMs[Math.floor(latenciesMs.length / 2)];
    console.info(
      `from a node's step to its mark on the chart: median ${median} ms, worst ${latenciesMs.at(-1)} ms of ${latenciesMs.length}`,
    );
  });

  // w[verify view.charts]
  it('draws every machine, and shows of an actor its state, its delays and what it knows', async ({
    place,
    browser,
  }) => {
    const [, member] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const page = await browser.open(member, { view: 'machines' });
    for (const machine of ['supervisor', 'peer', 'dialLoop', 'dialAttempt', 'publisher', 'applier', 'news']) {
      const title = { dialLoop: 'Dial loop', dialAttempt: 'Dial attempt' }[machine] ?? machine;
      await page.locator('.actors ul:last-child button', { hasText: new RegExp(`^${title}$`, 'i') }).click();
      await page.locator(`[data-chart="${machine}"] [data-state]`).first().waitFor();
    }
    await pick(page, 'dialLoop');
    await page.locator('.panel-state', { hasText: 'looking' }).waitFor();
    await page.locator('.delays li', { hasText: /in \d/ }).first().waitFor();
    await expect.poll(() => page.locator('.context').textContent()).toContain('"book"');
  });

  // w[verify view.sequence]
  it('halts the sequence, scrubs it back, filters and exports it', async ({ place, browser }) => {
    const [leader, member] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const page = await browser.open(member, { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    for (const value of ['one', 'two', 'three']) await leader.ask('grove', 'param', 'set', 'greeting', value);
    await page.locator('.line-head.remote', { hasText: 'clinic-1' }).waitFor();
    await page.getByLabel('Event type contains').fill('version');
    await expect.poll(() => page.locator('.event').count()).toBeGreaterThanOrEqual(3);
    for (const label of await page.locator('.event').evaluateAll(eventWords))
      expect(label).toMatch(/: version$/);

    await page.getByRole('button', { name: 'Pause' }).click();
    const detail = page.getByLabel('The event looked at');
    await expect.poll(() => detail.textContent()).toContain('"type": "version"');
    const shown = await page.locator('.event').count();
    await leader.ask('grove', 'param', 'set', 'greeting', 'four');
    await page.locator('.number', { hasText: 'no. 6' }).waitFor();
    expect(await page.locator('.event').count()).toBe(shown);
    const before = await detail.textContent();
    await page.getByLabel('Moment').press('ArrowLeft');
    await expect.poll(() => detail.textContent()).not.toBe(before);

    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    await expect.poll(() => page.locator('.event').count()).toBe(shown + 1);
    expect(await exported(page, 'Mermaid')).toMatch(
      /^sequenceDiagram\n {2}participant a\d as [\s\S]*->>a\d: version\n/,
    );
    const lines = (await exported(page, 'JSON')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).event.type)).toEqual(lines.map(() => 'version'));
  });
});

async function pick(page: Page, actor: string): Promise<void> {
  await page.locator(`[data-actor="${actor}"]`).click();
  await page.locator(`[data-chart="${actor}"]`).waitFor();
}

/** The transitions that left a state, each once, in the order they were marked. */
function taken(marks: readonly Mark[]): readonly string[] {
  const transitions = marks.flatMap(({ what }) =>
    what.startsWith('transition ') ? [what.slice('transition '.length)] : [],
  );
  const leaving = ['found', 'payload.published', 'leave [else]', 'grove.departed'];
  return [...new Set(transitions)].filter((text) => leaving.includes(text));
}

async function exported(page: Page, button: 'Mermaid' | 'JSON'): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}
