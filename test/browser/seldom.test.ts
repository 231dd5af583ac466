/** What an operator does on the page once in years: joining without a line to paste, several changes at once, taking a payload that is far ahead. */
import { describe, expect } from 'vitest';
import type { Json } from '../../src/protocol/types.ts';
import { createEphemeralIdentity, loadIdentity } from '../../src/transport/index.ts';
import { hostileEndpoint, openLink, signedBy, versionLine } from '../processes/hostile-peer.ts';
import type { Daemon } from '../processes/support.ts';
import { growGrove, startInspected } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

const ahead = 2_000_000;

describe('the grove view', () => {
  // w[verify view.actions]
  it('joins a node with an address and fingerprints, where there is no invitation', async ({
    place,
    browser,
  }) => {
    const [leader] = await growGrove(place, ['clinic-1']);
    const node = await startInspected(place, 'b');
    await leader.ask('grove', 'invite', node.fingerprint, 'clinic-2');
    const page = await browser.open(node);
    await page.getByRole('button', { name: 'Join with an invitation…' }).click();
    await page.getByText('There is no invitation').click();
    await page.getByLabel('Address of a member').fill(leader.listening[0]);
    await page.getByLabel('Fingerprint of that member').fill(leader.fingerprint);
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Fingerprint of the leader').fill(leader.fingerprint);
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await page.locator('.top .chip', { hasText: 'following' }).waitFor();
  });

  // w[verify view.actions]
  it('publishes several changes under one number', async ({ place, browser }) => {
    const [leader] = await growGrove(place, ['clinic-1']);
    await leader.ask('grove', 'param', 'set', 'greeting', 'kia ora');
    const page = await browser.open(leader);
    await page.getByRole('button', { name: 'Change several…' }).click();
    await page.getByLabel('Name 1').fill('dns-server');
    await page.getByLabel('Value 1').fill('10.20.0.53');
    await page.getByLabel('Name 2').fill('greeting');
    await page.getByRole('checkbox', { name: 'Unset greeting' }).check();
    await page.getByRole('button', { name: 'Another' }).click();
    await page.getByLabel('Name 3').fill('sync-window');
    await page.getByLabel('Value 3').fill('22:00 to 05:00');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.locator('[data-param="sync-window"]').waitFor();
    expect(await leader.ask('grove', 'params')).toMatchObject([
      { name: 'dns-server', value: '10.20.0.53', version_seq: 3 },
      { name: 'sync-window', value: '22:00 to 05:00', version_seq: 3 },
    ]);
  });

  // w[verify view.actions]
  it('takes a payload that is far ahead once its number is typed, and no other', async ({
    place,
    browser,
  }) => {
    const [leader, member] = await growGrove(place, ['clinic-1', 'clinic-2']);
    const seq = await sendFarAhead(leader, member);
    const page = await browser.open(member);
    const problem = page.locator('[data-problem="seq-jump"]');
    await problem.locator('h2', { hasText: 'A payload is far ahead' }).waitFor();
    await problem.getByRole('button', { name: 'Take that payload…' }).click();
    await page.getByLabel('Number').fill(String(seq + 1));
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByRole('alert').waitFor();
    expect(await member.ask('grove', 'status')).toMatchObject({ current_seq: seq - ahead });
    await page.getByLabel('Number').fill(String(seq));
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.locator('.top .number', { hasText: `no. ${seq}` }).waitFor();
    await problem.waitFor({ state: 'detached' });
  });
});

/** The leader's own key signs it, and another member brings it. Resolves with its number when the member has set it aside. */
async function sendFarAhead(leader: Daemon, member: Daemon): Promise<number> {
  const insider = createEphemeralIdentity();
  await leader.ask('grove', 'invite', insider.fingerprint, 'clinic-3');
  const watch = await member.follow('');
  await watch.event(({ type, seq }) => type === 'grove.payload-applied' && seq === 3, 'the third member');
  const { payload } = (await leader.ask('grove', 'payload')) as {
    readonly payload: { readonly [field: string]: Json } & { readonly seq: number };
  };
  const status = (await member.ask('grove', 'status')) as { readonly [field: string]: Json };
  const endpoint = await hostileEndpoint(insider);
  const [address] = member.listening;
  const link = await openLink(endpoint, { address, fingerprint: member.fingerprint });
  link.send(
    JSON.stringify({
      type: 'hello',
      grove_id: status.grove_id,
      our_seq: status.current_seq,
      our_payload_hash: status.payload_hash,
      our_role: 'follower',
      our_fingerprint: insider.fingerprint,
      protocol_version: 1,
      nonce: 77,
    }),
  );
  const seq = payload.seq + ahead;
  link.send(versionLine(signedBy(loadIdentity(leader.dataDir), { ...payload, seq })));
  await watch.event(({ type }) => type === 'grove.payload-rejected', 'a payload that is set aside');
  await link.close();
  await endpoint.close();
  return seq;
}
