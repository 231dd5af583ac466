/** The convergence view against real nodes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser } from './browser.ts';
import { growGrove } from './nodes.ts';

describe('the convergence view', () => {
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

  // w[verify view.convergence]
  it('shows for each publish when each linked node had it, as a plot and as a table', async () => {
    const [leader] = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3']);
    const page = await browser.open(leader, { view: 'convergence' });
    for (const value of ['one', 'two']) await leader.ask('grove', 'param', 'set', 'greeting', value);
    for (const seq of [4, 5]) {
      const row = page.locator(`[data-publish="${seq}"]`);
      for (const label of ['clinic-2', 'clinic-3']) {
        await row.locator(`[data-label="${label}"]`, { hasText: /^\d+ ms$|^[\d.]+ s$/ }).waitFor();
      }
      // The leader had its own publish first.
      expect(await row.locator('[data-label="clinic-1"]').textContent()).toBe('0 ms');
    }
    expect(await page.locator('.plot').getAttribute('aria-label')).toMatch(
      /^Plot of \d publishes\. Newest: number 5/,
    );
    expect(await page.locator('.plot canvas').count()).toBe(1);
  });
});
