/** Apps on the page: one is created, bound to the grove and set by hand, and what ran for it is told. */
import { describe } from 'vitest';
import { growGrove } from './nodes.ts';
import { pageTest } from './page-test.ts';

describe('apps on the page', () => {
  // w[verify view.actions]
  pageTest('are created, bound to the grove and set by hand', async ({ place, browser }) => {
    const [node] = await growGrove(place, ['clinic-1']);
    await node.ask('grove', 'param', 'set', 'greeting', 'kia ora');
    const page = await browser.open(node);
    await page.getByRole('button', { name: 'Create an app…' }).click();
    await page.getByLabel('Name').fill('site');
    await page.getByRole('textbox', { name: 'Parameters' }).fill('banner colour');
    await page.getByLabel('Command to run on a change').fill('/bin/sh\n-c\ntrue');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.locator('.apps h3', { hasText: 'site' }).waitFor();

    await page.getByRole('button', { name: 'Bind…' }).click();
    await page.getByLabel('App', { exact: true }).fill('site');
    await page.getByLabel('Parameter of the app').fill('banner');
    await page.getByRole('button', { name: 'Bind', exact: true }).click();
    await page.locator('#mappings .chip', { hasText: 'follows' }).waitFor();
    await page.locator('.app-params .value', { hasText: 'kia ora' }).waitFor();

    await page.getByRole('button', { name: 'Set colour of site' }).click();
    await page.getByLabel('Value').fill('green');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.locator('.app-params .value', { hasText: 'green' }).waitFor();
    await page.getByText('What was run for it').click();
    await page.locator('.runs li', { hasText: 'on_change (operator): succeeded' }).waitFor();
  });
});
