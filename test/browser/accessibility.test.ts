/** axe-core in every view, light and dark, on a laptop and on a phone: nothing serious. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPlace, type Daemon, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser } from './browser.ts';
import { growGrove, startInspected } from './nodes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const phone = { width: 390, height: 844, touch: true };

describe('axe-core finds nothing serious', () => {
  let place: Place;
  let browser: Browser;
  let leader: Daemon;
  let lone: Daemon;
  beforeAll(async () => {
    place = createPlace();
    browser = await launchBrowser();
    [leader] = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3']);
    lone = await startInspected(place, 'lone');
    for (const value of ['kia ora', 'mōrena']) await leader.ask('grove', 'param', 'set', 'greeting', value);
  });
  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser.close();
    await place.clear();
  });

  // w[verify view.access]
  describe.each([
    { size: 'a laptop', shape: {} },
    { size: 'a phone', shape: phone },
  ])('on $size', ({ size, shape }) => {
    it('in the grove view', async () => {
      const page = await browser.open(leader, shape);
      await page.getByLabel('History of greeting').click();
      await page.getByText('Who was invited and removed').click();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole('button', { name: 'Invite…' }).click();
      expect(await seriousFindings(page)).toEqual([]);
    });

    it('in the machines view', async () => {
      const page = await browser.open(leader, { view: 'machines', ...shape });
      if (size === 'a phone') await page.getByRole('button', { name: 'Actors' }).click();
      await page.locator('button.actor', { hasText: 'peer clinic-2' }).click();
      await leader.ask('grove', 'param', 'set', 'greeting', `in the machines view on ${size}`);
      await page.locator('.event').first().waitFor({ state: 'attached' });
      for (const part of size === 'a phone' ? ['Actors', 'Chart', 'Details', 'Events'] : []) {
        await page.getByRole('button', { name: part, exact: true }).click();
        expect(await seriousFindings(page)).toEqual([]);
      }
      expect(await seriousFindings(page)).toEqual([]);
    });

    it('in the convergence view', async () => {
      const page = await browser.open(leader, { view: 'convergence', ...shape });
      await leader.ask('grove', 'param', 'set', 'greeting', `in the convergence view on ${size}`);
      await page.locator('[data-publish]').first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
    });

    it('on the page of a node that is in no grove', async () => {
      const page = await browser.open(lone, shape);
      await page.getByRole('button', { name: 'Join with an invitation…' }).click();
      expect(await seriousFindings(page)).toEqual([]);
    });
  });

  it('but finds a colour that is too faint in the dark', async () => {
    const page = await browser.open(leader);
    await page.evaluate(() => {
      const faint = document.createElement('p');
      faint.textContent = 'Seen by day';
      faint.style.color = 'light-dark(#000, #333)';
      document.querySelector('main')?.prepend(faint);
    });
    expect(await seriousFindings(page)).toEqual([expect.stringMatching(/^dark: color-contrast/)]);
  });

  it('but finds a defect that is put in', async () => {
    const page = await browser.open(leader);
    await page.evaluate(() => {
      for (const button of document.querySelectorAll('.top button')) button.removeAttribute('aria-label');
      for (const button of document.querySelectorAll('.top button')) button.removeAttribute('title');
    });
    expect(await seriousFindings(page)).toEqual([expect.stringMatching(/^button-name/)]);
  });
});

/** Serious and critical ones, each with the elements it is about. In the dark nothing but the colours is another. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await findingsOf(page, "{ runOnly: ['color-contrast'] }");
  await page.emulateMedia({ colorScheme: 'light' });
  return [...dark.map((finding) => `dark: ${finding}`), ...(await findingsOf(page, '{}'))];
}

async function findingsOf(page: Page, options: string): Promise<readonly string[]> {
  // The page's content security forbids scripts of others, and evaluates none: this one is run by the browser's own debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    );
}
