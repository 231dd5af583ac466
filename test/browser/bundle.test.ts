/** What the build made of the page: how large it is, and that it needs nothing from elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlace, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser } from './browser.ts';
import { startInspected } from './nodes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'dist/inspector');
/** Compressed. docs/operating.md says the same. */
const firstViewKiBMax = 100;
const everythingKiBMax = 190;

describe('the page as it is built', () => {
  let place: Place;
  let browser: Browser;
  beforeAll(async () => {
    place = createPlace();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await place.clear();
  });

  // w[verify view.self-contained]
  it('asks no other host for anything, and is small', async () => {
    const page = await browser.open(await startInspected(place, 'a'));
    await page.reload({ waitUntil: 'networkidle' });
    const loaded = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name),
    );
    const { origin } = new URL(page.url());
    expect(loaded.filter((address) => new URL(address).origin !== origin)).toEqual([]);
    const assets = loaded
      .map((address) => new URL(address).pathname)
      .filter((path) => path.startsWith('/assets/'));
    const first = kiBytesOf(['index.html', ...assets]);
    const all = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
    const everything = kiBytesOf(all);
    const scripts = kiBytesOf(assets.filter((path) => path.endsWith('.js')));
    console.info(
      `compressed: first view ${first.toFixed(0)} KiB (scripts ${scripts.toFixed(0)}), everything ${everything.toFixed(0)} KiB`,
    );
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThan(firstViewKiBMax);
    expect(everything).toBeLessThan(everythingKiBMax);
  });

  // w[verify view.self-contained]
  it('has no script or style in its text, which the content security forbids', () => {
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
    expect(html).toMatch(/<script type="module"[^>]* src="\/assets\//);
  });
});

/** Fonts are compressed already. */
function kiBytesOf(paths: readonly string[]): number {
  const bytes = [...new Set(paths)].map((path) => {
    const content = readFileSync(join(folder, path));
    return path.endsWith('.woff2') ? content.length : gzipSync(content).length;
  });
  return bytes.reduce((sum, size) => sum + size, 0) / 1_024;
}
