/** Traces of the simulation on the page: chosen, dropped on it, or served by itself. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { serveTraceFile } from '../inspector/served-trace.ts';
import type { Place } from '../processes/support.ts';
import { eventWords, recordMarks } from './machines-page.ts';
import { startInspected } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

const simulation = fileURLToPath(new URL('../../dist/src/simulation/program/grove-sim.js', import.meta.url));

describe('a trace of a simulation', () => {
  // w[verify view.trace]
  it('opens a trace of a simulation, whatever else is in the file, and follows its cursor', async ({
    place,
    browser,
  }) => {
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
  it('opens the trace a simulation writes: lines between nodes, and the states of their actors', async ({
    place,
    browser,
  }) => {
    const page = await browser.open(await startInspected(place, 'a'), { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    await page.setInputFiles('input[type=file]', simulatedTrace(place));
    await page.locator('.notice', { hasText: /run\.jsonl: \d+ events of \d nodes\.$/ }).waitFor();
    await page.getByLabel('Event type contains').fill('version');
    await expect
      .poll(() => page.locator('.event').evaluateAll(eventWords))
      .toContainEqual(
        expect.stringMatching(
          /^\d+\.\d{3} s n\d node to n\d node: version$|^\d+\.\d{3} s n\d to n\d: version$/,
        ),
      );
    await page.getByLabel('Event type contains').fill('');
    await page.locator('[data-actor^="peer."]').first().click();
    await page.locator('[data-chart="peer"] [data-state="linked.steady"].active').waitFor();
  });

  // w[verify view.trace] w[verify view.trace-steps]
  it('is opened by dropping it, and its transitions are marked and flash as one scrubs', async ({
    place,
    browser,
  }) => {
    const page = await browser.open(await startInspected(place, 'a'), { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    await drop(page, simulatedTrace(place));
    await page.locator('.notice', { hasText: /run\.jsonl: \d+ events of \d nodes\.$/ }).waitFor();
    await page.locator('.source-name', { hasText: 'run.jsonl' }).waitFor();
    await page.locator('[data-actor^="peer."]').first().click();
    await page.locator('[data-chart="peer"] [data-state="linked.steady"].active').waitFor();
    // At the end of its life a peer holds what was published last: go back to where it was told.
    await page.getByLabel('Event type contains').fill('candidate.judged');
    await recordMarks(page);
    await page.locator('.event').last().click();
    await page.locator('[data-chart="peer"] path.last').first().waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBeGreaterThan(0);
    const marks = await page.evaluate(() => window.marks.map(({ what }) => what));
    expect(marks).toContain('transition [isSettled]');
  });

  it('that is none is refused in plain words, and what is shown stays', async ({ place, browser }) => {
    const page = await browser.open(await startInspected(place, 'a'), { view: 'machines' });
    await page.locator('[data-actor="supervisor"]').waitFor();
    const garbage = join(place.path, 'photo.jpg');
    writeFileSync(
      garbage,
      Uint8Array.from({ length: 65_536 }, (_, index) => (index * 31) % 256),
    );
    await drop(page, garbage);
    await page.locator('.notice', { hasText: /^photo\.jpg is no trace: no line of it/ }).waitFor();
    const large = join(place.path, 'large.jsonl');
    writeFileSync(large, '');
    truncateSync(large, 256 * 1_048_576 + 1);
    await drop(page, large);
    await page.locator('.notice', { hasText: /^large\.jsonl is larger than .* \(256 MiB\)/ }).waitFor();
    const folder = join(place.path, 'folder');
    mkdirSync(folder);
    await drop(page, folder);
    await page.locator('.notice', { hasText: /^folder could not be read/ }).waitFor();
    await page.locator('.source-name', { hasText: 'This node, live' }).waitFor();
    expect(await page.locator('.dropping').count()).toBe(0);
  });
});

describe('the page over a trace', () => {
  // w[verify view.trace]
  it('shows the trace at once, and nothing that would need a node', async ({ place, browser }) => {
    const traceFile = join(place.path, 'run.jsonl');
    writeFileSync(traceFile, trace);
    const served = await serveTraceFile(traceFile);
    try {
      const page = await browser.openAt(served.signInUrl);
      await page.locator('[data-chart="peer"] [data-state="linked.steady"].active').waitFor();
      expect(await page.locator('nav[aria-label="Views"]').count()).toBe(0);
      expect(await page.getByText('Trace of a simulation').count()).toBe(1);
    } finally {
      await served.close();
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

/** Where a trace of a run of four nodes stands. */
function simulatedTrace(place: Place): string {
  const file = join(place.path, 'run.jsonl');
  const options = ['--nodes', '4', '--seed', '7', '--publishes', '2', '--trace', file, '--states'];
  execFileSync(process.execPath, [simulation, ...options]);
  return file;
}

/** What a hand with a file does: the browser itself makes the file of the path. */
async function drop(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const at = { x: 640, y: 400, data: { items: [], files: [path], dragOperationsMask: 1 } };
  await session.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at });
  // A hand goes on telling that it is there; what it tells before the page has taken in that it came is lost.
  await expect
    .poll(async () => {
      await session.send('Input.dispatchDragEvent', { type: 'dragOver', ...at });
      return page.locator('.dropping').count();
    })
    .toBe(1);
  // What is over the page may be dropped only where it was over the page since that said it takes it.
  await session.send('Input.dispatchDragEvent', { type: 'dragOver', ...at });
  await session.send('Input.dispatchDragEvent', { type: 'drop', ...at });
  await session.detach();
}
