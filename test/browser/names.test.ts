/** Every control in every view has a name, by the tree that Chromium gives to a screen reader. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serveTraceFile } from '../inspector/served-trace.ts';
import { createPlace, type Daemon, type Place } from '../processes/support.ts';
import { type Browser, launchBrowser, type PageOptions } from './browser.ts';
import { readControls } from './control-names.ts';
import { growGrove, startInspected } from './nodes.ts';

const phone = { width: 390, height: 844, touch: true };

describe('every control has a name', () => {
  let place: Place;
  let browser: Browser;
  let leader: Daemon;
  let follower: Daemon;
  let lone: Daemon;
  beforeAll(async () => {
    place = createPlace();
    browser = await launchBrowser();
    [leader, follower] = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3']);
    lone = await startInspected(place, 'lone');
    for (const name of ['greeting', 'colour']) await leader.ask('grove', 'param', 'set', name, 'kia ora');
    await leader.ask('grove', 'param', 'unset', 'colour');
    await leader.ask(
      'apps',
      'create',
      'sign',
      '--param',
      'text',
      '--param',
      'colour=green',
      '--on-change',
      '/bin/true',
    );
    await leader.ask('grove', 'map', 'sign', 'text', 'greeting');
  });
  afterAll(async () => {
    await browser.close();
    await place.clear();
    expect(browser.complaints).toEqual([]);
  });

  describe('in the dialog behind', () => {
    let page: Page;
    beforeAll(async () => {
      page = await opened(leader);
    });
    afterEach(async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
    afterAll(() => browser.closePages());

    // w[verify view.access]
    it.each([
      'Invite…',
      'Remove clinic-2',
      'Set a parameter…',
      'Change several…',
      'Change greeting',
      'Unset greeting',
      'Leave the grove…',
      'Bind…',
      'Release text of sign',
      'Create an app…',
      'Set colour of sign',
      'Remove sign',
    ])('%s', async (button) => {
      await inDialog(page, button);
      if (button === 'Create an app…') {
        await page.getByRole('button', { name: 'describe it in a file' }).click();
        await namedAll(page);
      }
      if (button !== 'Invite…') return;
      await page.getByLabel('Fingerprint of the new node').fill('4e'.repeat(32));
      await page.getByLabel('Label', { exact: true }).fill('clinic-4');
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await page.locator('.code svg').waitFor();
      await namedAll(page);
    });
  });

  describe('wherever it is', () => {
    afterEach(() => browser.closePages());

    // w[verify view.access]
    it('in the grove view, with everything unfolded', async () => {
      const page = await opened(leader);
      await page.getByLabel('History of greeting').click();
      for (const fold of await page.locator('summary').all()) await fold.click();
      const { named } = await namedAll(page);
      expect(named).toEqual(expect.arrayContaining(['button Remove clinic-2', 'button Set colour of sign']));
      const other = await opened(follower);
      await other.getByRole('button', { name: 'Create an app…' }).waitFor();
      await namedAll(other);
    });

    it.each(['Found a new grove…', 'Join with an invitation…'])(
      'on the page of a node in no grove, and behind %s',
      async (button) => {
        const page = await opened(lone);
        await page.getByRole('button', { name: button, exact: true }).waitFor();
        await namedAll(page);
        await inDialog(page, button);
      },
    );

    // w[verify view.access]
    it.each([
      { size: 'a laptop', options: {} },
      { size: 'a phone', options: phone },
    ])('in the machines view and its sequence, on $size', async ({ size, options }) => {
      const page = await opened(leader, { ...options, view: 'machines' });
      const parts = size === 'a phone' ? ['Actors', 'Chart', 'Details', 'Events'] : [];
      if (size === 'a phone') await page.getByRole('button', { name: 'Actors' }).click();
      await page.locator('button.actor', { hasText: 'peer clinic-2' }).click();
      await leader.ask('grove', 'param', 'set', 'greeting', `on ${size}`);
      await page.locator('.event').first().waitFor({ state: 'attached' });
      for (const part of parts) {
        await page.getByRole('button', { name: part, exact: true }).click();
        await namedAll(page);
      }
      await page.getByRole('button', { name: 'Pause' }).click();
      const { named } = await namedAll(page);
      expect(named).toEqual(expect.arrayContaining(['slider Moment', 'searchbox Event type contains']));
    });

    it('in the convergence view', async () => {
      const page = await opened(leader, { view: 'convergence' });
      await leader.ask('grove', 'param', 'set', 'greeting', 'in the convergence view');
      await page.locator('[data-publish]').first().waitFor();
      await namedAll(page);
    });

    it('on a page whose session is over', async () => {
      const page = await opened(leader);
      await page.evaluate(() => fetch('/session', { method: 'DELETE' }));
      await leader.ask('grove', 'param', 'set', 'greeting', 'when the session is over');
      await page.getByLabel('Token').waitFor();
      await namedAll(page);
      await browser.closePages();
      browser.forget(/401/);
    });

    it('on the page over a trace of many nodes', async () => {
      const traceFile = join(place.path, 'run.jsonl');
      const lines = Array.from(
        { length: 9 },
        (_, n) =>
          `{"at":${n},"node":"n${n}","actor":"peer.1","event":"wire.opened","before":null,"after":"greeting"}`,
      );
      writeFileSync(traceFile, lines.join('\n'));
      const served = await serveTraceFile(traceFile);
      try {
        const page = await browser.openAt(served.signInUrl);
        await page.locator('[data-chart="peer"] [data-state="greeting"].active').waitFor();
        const { named } = await namedAll(page);
        expect(named).toContain('searchbox Nodes whose name contains');
        await browser.closePages();
      } finally {
        await served.close();
      }
    });

    it('but a control without one is found', async () => {
      const page = await opened(leader);
      await page.getByRole('button', { name: 'Remove clinic-2' }).waitFor();
      await page.evaluate(() => {
        for (const button of document.querySelectorAll('.top-end button')) {
          button.removeAttribute('aria-label');
          button.removeAttribute('title');
        }
      });
      expect((await readControls(page)).unnamed).toEqual([expect.stringMatching(/^button: <button/)]);
      await page.evaluate(() =>
        document.querySelector('.top-end button')?.setAttribute('aria-hidden', 'true'),
      );
      expect((await readControls(page)).missing).toEqual([expect.stringMatching(/^<button/)]);
    });
  });

  async function opened(daemon: Daemon, options?: PageOptions): Promise<Page> {
    return browser.open(daemon, options);
  }

  async function inDialog(page: Page, button: string): Promise<void> {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('dialog').waitFor();
    const { named } = await namedAll(page);
    expect(named.filter((control) => control.startsWith('dialog '))).toHaveLength(1);
  }

  async function namedAll(page: Page) {
    const controls = await readControls(page);
    expect(controls).toMatchObject({ unnamed: [], missing: [] });
    expect(controls.named.length).toBeGreaterThan(1);
    return controls;
  }
});
