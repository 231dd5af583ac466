/** Apps on the page: one is created, bound to the grove and set by hand, and what ran for it is told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { growGrove } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

describe('apps on the page', () => {
  // w[verify view.actions]
  it('are created, bound to the grove and set by hand', async ({ place, browser }) => {
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

  // w[verify view.actions]
  it('are created from a text or a file, whose mistakes are told with their lines', async ({
    place,
    browser,
  }) => {
    const [node] = await growGrove(place, ['clinic-1']);
    const page = await browser.open(node);
    await page.getByRole('button', { name: 'Create an app…' }).click();
    await page.getByRole('button', { name: 'describe it in a file' }).click();
    const definition = page.getByLabel('Definition');
    await definition.fill('app: site\nparams:\n  - name: banner\n    kind: number\non_chnage: [x]\n');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const mistakes = page.locator('.refusal p');
    await mistakes.first().waitFor();
    browser.forget(/400/);
    expect(await mistakes.allTextContents()).toEqual([
      expect.stringMatching(/^Line 4: params\[0\]\.kind /),
      'Line 5: on_chnage no such field.',
    ]);

    const target = join(place.path, 'site.conf');
    const text = JSON.stringify({
      app: 'site',
      params: [
        { name: 'banner', default_value: 'hello' },
        { name: 'token', kind: 'password' },
      ],
      render: [{ target, template: 'banner {{banner}} token {{token}}\n' }],
    });
    await page.getByLabel('Or take a file').setInputFiles({
      name: 'site.json',
      mimeType: 'application/json',
      buffer: Buffer.from(text),
    });
    await expect.poll(() => definition.inputValue()).toBe(text);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.locator('.apps h3', { hasText: 'site' }).waitFor();

    await page.getByRole('button', { name: 'Set token of site' }).click();
    expect(await page.getByLabel('Value').getAttribute('type')).toBe('password');
    await page.getByLabel('Value').fill('correct-horse');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.locator('.app-params .value', { hasText: 'secret, never shown' }).waitFor();
    await page.getByText('What was run for it').click();
    await page.locator('.runs li', { hasText: 'on_change (operator): succeeded' }).waitFor();
    expect(readFileSync(target, 'utf8')).toBe('banner hello token correct-horse\n');
    expect(await page.content()).not.toContain('correct-horse');
  });
});
