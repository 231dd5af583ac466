/** What an operator does on the page, from an empty node to a removed one, with two real nodes and a real browser. */
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { growGrove, startInspected } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

describe("the grove view of two nodes' pages", () => {
  // w[verify view.actions]
  it('takes an operator from founding over an invitation to a parameter that applies on the other node', async ({
    place,
    browser,
  }) => {
    const first = await startInspected(place, 'a');
    const second = await startInspected(place, 'b');
    const leading = await browser.open(first);
    const following = await browser.open(second);

    await leading.getByRole('button', { name: 'Found a new grove…' }).click();
    await leading.getByLabel('Label of this node').fill('clinic-1');
    await leading.getByRole('button', { name: 'Found the grove' }).click();
    await leading.locator('.top .chip', { hasText: 'leading' }).waitFor();

    const fingerprint = await following.locator('.own-fingerprint code').textContent();
    expect(fingerprint).toBe(second.fingerprint);
    const invite = await inviteOn(leading, String(fingerprint), 'clinic-2');

    await following.getByRole('button', { name: 'Join with an invitation…' }).click();
    await following.getByLabel('Invitation', { exact: true }).fill(invite);
    await following.getByRole('button', { name: 'Join', exact: true }).click();
    await following.locator('.top .chip', { hasText: 'following' }).waitFor();
    await leading.locator('[data-member="clinic-2"] .link.up').waitFor();

    await leading.getByRole('button', { name: 'Set a parameter…' }).click();
    await leading.getByLabel('Name').fill('greeting');
    await leading.getByLabel('Value').fill('mōrena');
    await leading.getByRole('button', { name: 'Publish' }).click();
    await following.locator('[data-param="greeting"] .value', { hasText: 'mōrena' }).waitFor();

    await leading.getByRole('button', { name: 'Change greeting' }).click();
    await leading.getByLabel('Value').fill('kia ora');
    await leading.getByRole('button', { name: 'Publish' }).click();
    await following.locator('[data-param="greeting"] .value', { hasText: 'kia ora' }).waitFor();
    await following.getByLabel('History of greeting').click();
    const changes = await following
      .locator('.history[aria-label="History of greeting"] .change')
      .allTextContents();
    expect(changes.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      'mōrena →became kia ora',
      'unset →became mōrena',
    ]);
    expect(await second.ask('grove', 'params')).toMatchObject([{ name: 'greeting', value: 'kia ora' }]);
  });

  // w[verify view.dangerous] w[verify view.revoked]
  it('asks before it removes a member, whose page then says that it was removed and what to do', async ({
    place,
    browser,
  }) => {
    const [first, second] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const leading = await browser.open(first);
    const following = await browser.open(second);
    await leading.getByRole('button', { name: 'Remove clinic-2' }).click();
    const dialog = leading.getByRole('dialog', { name: 'Remove clinic-2' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await first.ask('grove', 'status')).toMatchObject({ members_count: 2 });

    await leading.getByRole('button', { name: 'Remove clinic-2' }).click();
    await dialog.getByRole('button', { name: 'Remove clinic-2' }).click();
    const problem = following.locator('[data-problem="revoked"]');
    await problem.waitFor();
    expect(await problem.textContent()).toMatch(/removed from the grove.*new invite/);
    await following.locator('.top .chip', { hasText: 'removed' }).waitFor();
  });

  // w[verify view.actions]
  it('says on a follower who changes the grove, and offers nothing that would be refused', async ({
    place,
    browser,
  }) => {
    const [, second] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const page = await browser.open(second);
    const note = page.locator('#params .note');
    await note.waitFor();
    expect(await note.textContent()).toContain('clinic-1');
    for (const name of ['Set a parameter…', 'Invite…', 'Remove clinic-1']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    }
  });

  // w[verify view.expects]
  it('does not publish over a change that came between looking and deciding', async ({ place, browser }) => {
    const [first] = await growGrove(place, ['clinic-1']);
    const page = await browser.open(first);
    await page.getByRole('button', { name: 'Set a parameter…' }).click();
    await page.getByLabel('Name').fill('greeting');
    await page.getByLabel('Value').fill('from the page');
    await first.ask('grove', 'param', 'set', 'greeting', 'from elsewhere');
    await page.getByRole('button', { name: 'Publish' }).click();
    const refusal = page.getByRole('alert');
    await refusal.waitFor();
    expect(await refusal.textContent()).toMatch(/Another change came first: the grove is at number 2/);
    expect(await first.ask('grove', 'params')).toMatchObject([{ value: 'from elsewhere' }]);
  });

  it('shows a page that only reads without any action', async ({ place, browser }) => {
    const node = await startInspected(place, 'a', ['--inspect-read-only']);
    await node.ask('grove', 'init', '--label', 'clinic-1');
    const page = await browser.open(node);
    await page.getByText('read only').waitFor();
    await page.locator('#params .note').waitFor();
    for (const name of ['Invite…', 'Set a parameter…', 'Leave the grove…']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    }
  });

  it('says that the connection is lost when the node stops, and goes on when it is back', async ({
    place,
    browser,
  }) => {
    const [first] = await growGrove(place, ['clinic-1']);
    const page = await browser.open(first);
    const { host } = new URL(page.url());
    await first.stop();
    await page.locator('.feed.lost').waitFor();
    expect(await page.locator('.feed').textContent()).toBe('connection lost');
    const again = await place.start('clinic-1', { argv: ['--inspect', host] });
    await page.locator('.feed.live').waitFor();
    await again.ask('grove', 'param', 'set', '--force', 'greeting', 'back');
    await page.locator('[data-param="greeting"]').waitFor();
    browser.forget(/ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection/);
  });
});

/** Resolves with the invitation the page shows. */
async function inviteOn(page: Page, fingerprint: string, label: string): Promise<string> {
  await page.getByRole('button', { name: 'Invite…' }).click();
  await page.getByLabel('Fingerprint of the new node').fill(fingerprint);
  await page.getByLabel('Label', { exact: true }).fill(label);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const shown = page.getByRole('dialog', { name: `${label} is invited` });
  const invite = await shown.getByLabel('Invitation', { exact: true }).inputValue();
  await shown.getByRole('img', { name: 'The invitation as a QR code' }).waitFor();
  await shown.getByRole('button', { name: 'Close' }).click();
  return invite;
}
