/** The page while much happens: what is looked at stays where it is, by the browser's own measure. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Daemon, Place } from '../processes/support.ts';
import type { Browser, PageOptions } from './browser.ts';
import { type Shift, shiftsSince, watchShifts } from './layout-shift.ts';
import { growGrove, levelWith } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

/** A fifth of what https://web.dev/articles/cls calls good, and of everything together, not of the worst five seconds. */
const shiftMax = 0.02;
const publishes = 8;
const laptop: PageOptions = { width: 1280, height: 800 };
const phone: PageOptions = { width: 390, height: 844, touch: true };

// w[verify view.steady]
it('nothing jumps on ten open pages while the grove changes and a link goes and comes', async ({
  place,
  browser,
}) => {
  const [leader, , other] = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3']);
  await leader.ask('apps', 'create', 'sign', '--param', 'text', '--on-change', '/bin/true');
  await leader.ask('grove', 'param', 'set', 'greeting', 'mōrena');
  await leader.ask('grove', 'map', 'sign', 'text', 'greeting');
  const pages = await openEverywhere(browser, leader);
  for (const page of pages.values()) await watchShifts(page);

  await changeMuch(place, leader, other);
  const { current_seq } = (await leader.ask('grove', 'status')) as { readonly current_seq: number };
  const faults: string[] = [];
  for (const [where, page] of pages) {
    await page.locator('.number', { hasText: `no. ${current_seq}` }).waitFor();
    const shifts = await shiftsSince(page);
    const sum = sumOf(shifts);
    if (sum >= shiftMax) faults.push(`${where}: ${sum.toFixed(4)}: ${worst(shifts)}`);
  }
  expect(faults).toEqual([]);

  // The measure sees what it should.
  const [page] = pages.values();
  await page?.evaluate(() =>
    document.querySelector('main')?.prepend(document.createElement('hr'), 'A line that was not there'),
  );
  expect(page === undefined ? 0 : sumOf(await shiftsSince(page))).toBeGreaterThan(shiftMax);
}, 240_000);

it('no cell of a table stands over the one beside it, at any width', async ({ place, browser }) => {
  const [leader, , away] = await growGrove(place, ['clinic-1', 'clinic-2', 'the-clinic-in-the-hills']);
  await leader.ask('apps', 'create', 'sign', '--param', 'text');
  await leader.ask('grove', 'param', 'set', 'greeting', 'kia ora');
  await leader.ask('grove', 'map', 'sign', 'text', 'greeting');
  await away.stop();
  const page = await browser.open(leader);
  await page.locator('.last-error').waitFor();
  await page.locator('#mappings .chip').waitFor();
  for (const width of [380, 801, 900, 1_001, 1_100, 1_280, 1_920]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await overhanging(page), `${width} pixels wide`).toEqual([]);
  }
});

/** Cells with something in them that ends to the right of them, and the name at the top when it is cut. */
function overhanging(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const right = (element: Element) => element.getBoundingClientRect().right;
    const cells = [...document.querySelectorAll('.rows th, .rows td')].filter((cell) =>
      [...cell.querySelectorAll(':scope :not(.unseen)')].some((inner) => right(inner) > right(cell) + 1),
    );
    const name = document.querySelector('.who strong');
    const isCut = name !== null && name.scrollWidth > name.clientWidth;
    return [...cells, ...(isCut ? [name] : [])].map(({ outerHTML }) => outerHTML.slice(0, 200));
  });
}

async function openEverywhere(browser: Browser, leader: Daemon): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  const toActivity = (page: Page) =>
    page.locator('#activity').evaluate((section) => section.scrollIntoView());
  for (const [size, options] of Object.entries({ laptop, phone })) {
    for (const part of ['head', 'foot'] as const) {
      const page = await browser.open(leader, options);
      await page.locator('[data-member="clinic-3"] .link.up').waitFor();
      await page.locator('[data-event]').first().waitFor();
      if (part === 'foot') await toActivity(page);
      pages.set(`the ${part} of the grove on a ${size}`, page);
    }
    const convergence = await browser.open(leader, { ...options, view: 'convergence' });
    await leader.ask('grove', 'param', 'set', 'greeting', `on a ${size}`);
    await convergence.locator('[data-publish]').first().waitFor();
    pages.set(`convergence on a ${size}`, convergence);
  }
  for (const [part, options] of [
    ['machines', laptop],
    ['actors', phone],
    ['details', phone],
    ['events', phone],
  ] as const) {
    const page = await browser.open(leader, { ...options, view: 'machines' });
    if (part !== 'machines') await page.getByRole('button', { name: 'Actors' }).tap();
    await page.locator('[data-actor="supervisor"]').click();
    const shown = part.replace(/^./, (letter) => letter.toUpperCase());
    if (part !== 'machines') await page.getByRole('button', { name: shown, exact: true }).tap();
    await page.locator('.context', { hasText: 'standing' }).waitFor({ state: 'attached' });
    pages.set(part === 'machines' ? part : `${part} on a phone`, page);
  }
  return pages;
}

/** Values that are longer and shorter, each short enough for a line of a phone, an app that runs each time, and a member that is stopped and comes back. */
async function changeMuch(place: Place, leader: Daemon, other: Daemon): Promise<void> {
  for (let n = 0; n < publishes; n += 1) {
    await leader.ask('grove', 'param', 'set', 'greeting', 'kia ora '.repeat(1 + (n % 2)) + n);
    await levelWith(leader);
  }
  const watch = await leader.follow(null);
  const isOther = ({ fp }: { readonly [field: string]: unknown }) => fp === other.fingerprint;
  await other.stop();
  await watch.event((event) => event.type === 'grove.peer-disconnected' && isOther(event), 'no link');
  await place.start('clinic-3', { listen: [other.listening[0]] });
  await watch.event((event) => event.type === 'grove.peer-connected' && isOther(event), 'a link');
  await levelWith(leader);
  await leader.ask('grove', 'param', 'set', 'greeting', 'the last one');
}

function sumOf(shifts: readonly Shift[]): number {
  return shifts.reduce((sum, { value }) => sum + value, 0);
}

function worst(shifts: readonly Shift[]): string {
  const sorted = shifts.toSorted((a, b) => b.value - a.value).slice(0, 3);
  return sorted.map(({ value, parts }) => `${value.toFixed(4)} ${parts.join(', ')}`).join('; ');
}
