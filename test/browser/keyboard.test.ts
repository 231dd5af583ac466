/** The page with a keyboard alone: no click, no touch, no focus set by the test. */
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { growGrove, startInspected } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

/** Nothing on the page is further away than this. */
const tabsMax = 80;

describe('with a keyboard alone', () => {
  // w[verify view.access]
  it('a grove is founded, a parameter set, changed and looked up', async ({ place, browser }) => {
    const node = await startInspected(place, 'a');
    const page = await browser.open(node);
    await page.getByRole('button', { name: 'Found a new grove…' }).waitFor();
    await press(page, 'Found a new grove…');
    await tabTo(page, 'Label of this node');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('clinic-1');
    await page.keyboard.press('Enter');
    await page.locator('.top .chip', { hasText: 'leading' }).waitFor();

    await press(page, 'Set a parameter…');
    await tabTo(page, 'Name');
    await page.keyboard.type('greeting');
    await tabTo(page, 'Value');
    await page.keyboard.type('kia ora');
    await page.keyboard.press('Enter');
    await page.locator('[data-param="greeting"]').waitFor();
    await press(page, 'History of greeting');
    await page.locator('.history[aria-label="History of greeting"]').waitFor();
    expect(await node.ask('grove', 'params')).toMatchObject([{ name: 'greeting', value: 'kia ora' }]);
  });

  // w[verify view.access]
  it('a dialog keeps the focus, closes on Escape and gives the focus back to what opened it', async ({
    place,
    browser,
  }) => {
    const [node] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const page = await browser.open(node);
    await page.getByRole('button', { name: 'Remove clinic-2' }).waitFor();
    await press(page, 'Remove clinic-2');
    await page.getByRole('dialog').waitFor();
    for (let count = 0; count < 8; count += 1) {
      await page.keyboard.press('Tab');
      // Between its last and its first control the focus passes the browser's own, where the page has none.
      const where = await page.evaluate(() => {
        const { activeElement } = document;
        return activeElement === document.body || activeElement?.closest('dialog') !== null;
      });
      expect(where).toBe(true);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focusedName(page)).toBe('Remove clinic-2');
  });

  // w[verify view.access]
  it('an actor is picked, its chart moved, and the events paused and scrubbed back', async ({
    place,
    browser,
  }) => {
    const [node] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const page = await browser.open(node);
    await press(page, 'Machines');
    await page.locator('[data-actor="supervisor"]').waitFor();
    await press(page, /^supervisor/);
    await page.locator('[data-chart="supervisor"] [data-state="member.leading"].active').waitFor();
    for (const value of ['one', 'two', 'three']) await node.ask('grove', 'param', 'set', 'greeting', value);
    await tabTo(page, /^Statechart of the machine supervisor/);
    const layer = page.locator('.chart-frame > g');
    const before = await layer.getAttribute('transform');
    await page.keyboard.press('+');
    expect(await layer.getAttribute('transform')).not.toBe(before);

    await page.locator('.event').first().waitFor();
    await press(page, 'Pause');
    await tabTo(page, 'Moment');
    const last = await page.getByLabel('The event looked at').textContent();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.getByLabel('The event looked at').textContent()).not.toBe(last);
  });
});

/** Moves the focus to a control with the Tab key, and presses Enter. */
async function press(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}

async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const seen: string[] = [];
  for (let count = 0; count < tabsMax; count += 1) {
    await page.keyboard.press('Tab');
    const focused = await focusedName(page);
    if (typeof name === 'string' ? focused === name : name.test(focused)) return;
    seen.push(focused);
  }
  throw new Error(`the Tab key does not reach ${String(name)}, but ${seen.join(' | ')}`);
}

/** The name of what has the focus, as the browser gives it to a screen reader in the cases this page has. */
function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    if (element === null) return '';
    const label = element.getAttribute('aria-label');
    const field =
      element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
        ? element.labels?.[0]
        : null;
    return (label ?? field?.textContent ?? element.textContent ?? '').trim();
  });
}
