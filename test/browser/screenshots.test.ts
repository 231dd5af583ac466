/**
 * Pictures of every view, light, dark and on a phone, of a grove of real nodes. `npm run screenshots` puts them into
 * docs/images; any other run draws them too, and throws them away.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPlace, type Daemon, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser, type PageOptions } from './browser.ts';
import { growGrove, levelWith, startInspected } from './nodes.ts';

const keep = process.env.GROVE_SCREENSHOTS === 'keep';
const images = fileURLToPath(new URL('../../docs/images', import.meta.url));
const bytesMax = 200 * 1_024;
const looks = {
  light: { width: 1280, height: 840 },
  dark: { width: 1280, height: 840, dark: true },
  phone: { width: 390, height: 844, touch: true },
} as const satisfies { readonly [name: string]: PageOptions };

/** Nodes that are invited and never come: each picture of an invitation has its own. */
const invited = { light: '5e'.repeat(32), dark: '6e'.repeat(32), phone: '7e'.repeat(32) };

describe('pictures of', () => {
  let place: Place;
  let browser: Browser;
  let folder: string;
  let leader: Daemon;
  let member: Daemon;
  let removed: Daemon;
  let lone: Daemon;
  beforeAll(async () => {
    folder = keep ? images : mkdtempSync(join(tmpdir(), 'grove-images-'));
    mkdirSync(folder, { recursive: true });
    place = createPlace();
    browser = await launchBrowser();
    const nodes = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3', 'clinic-4', 'clinic-5']);
    let away: Daemon;
    [leader, member, , away, removed] = nodes;
    await leader.ask('grove', 'param', 'set', 'dns-server', '10.20.0.53');
    await leader.ask('grove', 'param', 'set', 'greeting', 'kia ora');
    await away.stop();
    await leader.ask('grove', 'param', 'set', 'greeting', 'mōrena');
    await leader.ask('grove', 'param', 'set', 'sync-window', '22:00 to 05:00');
    await levelWith(leader);
    await leader.ask('grove', 'revoke', removed.fingerprint);
    lone = await startInspected(place, 'lone');
    await bindApp(member);
  }, 120_000);
  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser.close();
    await place.clear();
    if (!keep) rmSync(folder, { recursive: true, force: true });
    expect(browser.complaints).toEqual([]);
  });

  describe.each(['light', 'dark', 'phone'] as const)('the page, %s:', (look) => {
    it('the grove', async () => {
      const page = await browser.open(leader, looks[look]);
      await page.locator('[data-param="greeting"]').waitFor();
      await page.getByLabel('History of greeting').click();
      await page.evaluate(() => scrollTo(0, 0));
      await shoot(page, `grove-${look}`);
    });

    it('the machines', async () => {
      const page = await browser.open(member, { ...looks[look], view: 'machines' });
      if (look === 'phone') await page.getByRole('button', { name: 'Actors' }).tap();
      await page.locator('button.actor', { hasText: 'peer clinic-1' }).click();
      for (const value of ['ata mārie', 'mōrena'])
        await leader.ask('grove', 'param', 'set', 'greeting', value);
      await page.locator('.steps code').first().waitFor({ state: 'attached' });
      for (const part of look === 'phone' ? ['Events', 'Chart'] : []) {
        await page.getByRole('button', { name: part, exact: true }).tap();
        await page
          .locator(part === 'Events' ? '.event.event' : '[data-state].active')
          .first()
          .waitFor();
        await shoot(page, `machines-${look}-${part.toLowerCase()}`);
      }
      if (look !== 'phone') await shoot(page, `machines-${look}`);
    });

    it('the convergence', async () => {
      const page = await browser.open(leader, { ...looks[look], view: 'convergence' });
      for (const value of ['pō mārie', 'mōrena'])
        await leader.ask('grove', 'param', 'set', 'greeting', value);
      const reached = page.locator('[data-publish]').first().locator('[data-label="clinic-3"]');
      await reached.getByText(/ m?s$/).waitFor();
      await shoot(page, `convergence-${look}`);
    });

    it('parameters with their history, bindings and apps', async () => {
      const page = await browser.open(member, looks[look]);
      await page.locator('#mappings .chip', { hasText: 'follows' }).waitFor();
      if (look !== 'phone') await page.getByLabel('History of greeting').click();
      await page.getByText('What was run for it').click();
      await page.locator('.runs li').first().waitFor();
      const first = look === 'phone' ? '#mappings' : '#params';
      await page.locator(first).evaluate((section) => section.scrollIntoView());
      await shoot(page, `apps-${look}`);
    });

    it('an invitation', async () => {
      const page = await browser.open(leader, looks[look]);
      await page.getByRole('button', { name: 'Invite…' }).click();
      await page.getByLabel('Fingerprint of the new node').fill(invited[look]);
      await page.getByLabel('Label', { exact: true }).fill(`clinic-${look}`);
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await page.locator('.code svg').waitFor();
      await shoot(page, `invite-${look}`);
      await leader.ask('grove', 'revoke', invited[look]);
    });

    it('a chart with everything it says', async () => {
      const page = await browser.open(member, { ...looks[look], view: 'machines' });
      if (look === 'phone') await page.getByRole('button', { name: 'Actors' }).tap();
      await page.locator('[data-actor="applier"]').click();
      if (look === 'phone') await page.getByRole('button', { name: 'Chart', exact: true }).tap();
      await page.getByRole('button', { name: 'Actions' }).click();
      await leader.ask('grove', 'param', 'set', 'greeting', `haere mai, ${look}`);
      await page.locator('text.last').first().waitFor();
      await page.locator('[data-state="idle"].active').waitFor();
      await shoot(page, `chart-${look}`);
    });

    it('a node that is in no grove, and one that was removed', async () => {
      const short = look === 'phone' ? looks.phone : { ...looks[look], height: 560 };
      const outside = await browser.open(lone, short);
      await outside.locator('.own-fingerprint').waitFor();
      await shoot(outside, `outside-${look}`);
      const page = await browser.open(removed, short);
      await page.locator('[data-problem="revoked"]').waitFor();
      await shoot(page, `removed-${look}`);
    });
  });

  async function shoot(page: Page, name: string): Promise<void> {
    await page.evaluate(() => document.fonts.ready);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    const { size } = statSync(path);
    expect(size).toBeGreaterThan(10_000);
    expect(size).toBeLessThanOrEqual(bytesMax);
  }
});

/** An app that follows the grove's greeting, and has its first run behind it. */
async function bindApp(node: Daemon): Promise<void> {
  const params = ['--param', 'text=hello', '--param', 'colour=green', '--secret-param', 'token'];
  await node.ask('apps', 'create', 'sign', ...params, '--on-change', '/bin/true');
  await node.ask('grove', 'map', 'sign', 'text', 'greeting');
}
