/** The convergence view against real nodes. */
import { describe, expect } from 'vitest';
import { growGrove } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

describe('the convergence view', () => {
  // w[verify view.convergence]
  it('shows for each publish when each linked node had it, as a plot and as a table', async ({
    place,
    browser,
  }) => {
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
