/** Tests of the page: each with a place for its nodes and a browser, and no page of it may have complained of anything. */
import { expect, it } from 'vitest';
import { createPlace, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser } from './browser.ts';

export interface PageTest {
  /** Where its nodes live. What still runs at the end is ended. */
  readonly place: Place;
  readonly browser: Browser;
}

export const pageTest = it.extend<PageTest>({
  place: async ({ task: _task }, use) => {
    const place = createPlace();
    await use(place);
    await place.clear();
  },
  // After its nodes in the making, before them in the ending: a page that lost its node would complain.
  browser: async ({ place: _place }, use) => {
    const browser = await launchBrowser();
    await use(browser);
    await browser.close();
    expect(browser.complaints).toEqual([]);
  },
});
