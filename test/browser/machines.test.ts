/** The machines view against real nodes: the current state on the chart, the sequence of events, a trace file. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/daemon/system-ports.ts';
import { serveTrace } from '../../src/inspector/index.ts';
import { createPlace, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser } from './browser.ts';
import { growGrove, startInspected } from './nodes.ts';

const simulation = fileURLToPath(new URL('../../dist/src/simulation/program/grove-sim.js', import.meta.url));

/** One change on the chart: a state that was marked, or the words of a transition. `stepAt`: when the node took it. */
interface Mark {
  readonly at: number;
  readonly stepAt: number;
  readonly what: string;
}

declare global {
  interface Window {
    marks: Mark[];
  }
}

describe('the machines view', () => {
  let place: Place;
  let browser: Browser;
  beforeEach(async () => {
    place = createPlace();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await browser.close();
    await place.clear();
    expect(browser.complaints).toEqual([]);
  });

  // w[verify view.live]
  it('marks states and transitions on the chart as a node takes them, in their order', async () => {
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
  it('draws every machine, and shows of an actor its state, its delays and what it knows', async () => {
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
  it('halts the sequence, scrubs it back, filters and exports it', async () => {
    const [leader, member] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const page = await browser.open(member, { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    for (const value of ['one', 'two', 'three']) await leader.ask('grove', 'param', 'set', 'greeting', value);
    await page.locator('.line-head.remote', { hasText: 'clinic-1' }).waitFor();
    await page.getByLabel('Event type contains').fill('version');
    await expect.poll(() => page.locator('.event').count()).toBeGreaterThanOrEqual(3);
    for (const label of await page.locator('.event').evaluateAll(wordsOf))
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

  // w[verify view.trace]
  it('opens a trace of a simulation, whatever else is in the file, and follows its cursor', async () => {
    const node = await startInspected(place, 'a');
    const page = await browser.open(node, { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    await page.setInputFiles('input[type=file]', {
      name: 'run.jsonl',
      mimeType: 'text/plain',
      buffer: Buffer.from(trace),
    });
    await page.locator('.notice', { hasText: '4 events of 2 nodes. 2 lines were not understood.' }).waitFor();
    await page.locator('.source-name', { hasText: 'run.jsonl' }).waitFor();
    await page.locator('[data-chart="peer"] [data-state="linked.steady"].active').waitFor();
    await page.getByLabel('Moment').press('Home');
    await page.locator('[data-chart="peer"] [data-state="greeting"].active').waitFor();
    await page.getByRole('button', { name: 'Back to this node' }).click();
    await page.locator('[data-actor="endpoint"]').waitFor();
  });

  // w[verify view.trace]
  it('opens the trace a simulation writes: lines between nodes, and the states of their actors', async () => {
    const file = join(place.path, 'run.jsonl');
    const options = ['--nodes', '4', '--seed', '7', '--publishes', '2', '--trace', file, '--states'];
    execFileSync(process.execPath, [simulation, ...options]);
    const page = await browser.open(await startInspected(place, 'a'), { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    await page.setInputFiles('input[type=file]', file);
    await page.locator('.notice', { hasText: /run\.jsonl: \d+ events of \d nodes\.$/ }).waitFor();
    await page.getByLabel('Event type contains').fill('version');
    await expect
      .poll(() => page.locator('.event').evaluateAll(wordsOf))
      .toContainEqual(
        expect.stringMatching(
          /^\d+\.\d{3} s n\d node to n\d node: version$|^\d+\.\d{3} s n\d to n\d: version$/,
        ),
      );
    await page.getByLabel('Event type contains').fill('');
    await page.locator('[data-actor^="peer."]').first().click();
    await page.locator('[data-chart="peer"] [data-state="linked.steady"].active').waitFor();
  });
});

describe('the page over a trace', () => {
  // w[verify view.trace]
  it('shows the trace at once, and nothing that would need a node', async () => {
    const place = createPlace();
    const browser = await launchBrowser();
    const traceFile = join(place.path, 'run.jsonl');
    writeFileSync(traceFile, trace);
    const served = await serveTrace({
      traceFile,
      address: '127.0.0.1:0',
      hosts: [],
      tls: null,
      clock: systemClock,
      log: { warn: () => {}, error: () => {} },
    });
    try {
      const page = await browser.openAt(served.signInUrl);
      await page.locator('[data-chart="peer"] [data-state="linked.steady"].active').waitFor();
      expect(await page.locator('nav[aria-label="Views"]').count()).toBe(0);
      expect(await page.getByText('Trace of a simulation').count()).toBe(1);
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
      await served.close();
      await place.clear();
    }
  });
});

const trace = [
  '{"at":0,"node":"n1","actor":"peer.1","event":"wire.opened","before":null,"after":"greeting"}',
  'not a line of a trace',
  '{"at":12,"node":"n1","actor":"peer.1","event":{"type":"hello","our_seq":3},"before":"greeting","after":{"linked":"exchanging"}}',
  '{"summary":true}',
  '{"at":14,"node":"n2","actor":"applier","event":"candidate","before":"idle","after":"idle"}',
  '{"at":15,"node":"n1","actor":"peer.1","event":"candidate.judged","before":{"linked":"exchanging"},"after":{"value":{"linked":"steady"},"context":{"theirs":3}}}',
].join('\n');

async function pick(page: Page, actor: string): Promise<void> {
  await page.locator(`[data-actor="${actor}"]`).click();
  await page.locator(`[data-chart="${actor}"]`).waitFor();
}

/** From now on every mark on the chart is written down with the moment it came. */
async function recordMarks(page: Page): Promise<void> {
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

/** The transitions that left a state, each once, in the order they were marked. */
function taken(marks: readonly Mark[]): readonly string[] {
  const transitions = marks.flatMap(({ what }) =>
    what.startsWith('transition ') ? [what.slice('transition '.length)] : [],
  );
  const leaving = ['found', 'payload.published', 'leave [else]', 'grove.departed'];
  return [...new Set(transitions)].filter((text) => leaving.includes(text));
}

/** What each row says to a screen reader. */
function wordsOf(rows: readonly Element[]): readonly string[] {
  return rows.map((row) => {
    const [time, words] = ['time', '.unseen'].map((part) => row.querySelector(part)?.textContent ?? '');
    return `${time} ${words}`;
  });
}

async function exported(page: Page, button: 'Mermaid' | 'JSON'): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}
