/** What each method asks of the node, and what comes back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClosableOperatorClient, methodNames } from '../../src/operator/index.ts';
import { decodeInvite, encodeInvite } from '../../src/protocol/index.ts';
import type { Json } from '../../src/protocol/types.ts';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import { type OperatorNode, startNode } from './fixture.ts';

let node: OperatorNode;
let client: ClosableOperatorClient;

beforeEach(async () => {
  node = await startNode();
  client = await node.connect();
});
afterEach(() => node.stop());

const other = createEphemeralIdentity().fingerprint;

async function done(method: string, params: { [key: string]: Json } = {}): Promise<Json> {
  const answer = await client.request(method, params);
  if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(answer.reason)}`);
  return answer.value;
}

async function refused(method: string, params: { [key: string]: Json } = {}): Promise<unknown> {
  const answer = await client.request(method, params);
  return answer.ok ? answer : answer.reason;
}

describe('/server', () => {
  // i[verify server.ping]
  it('answers a ping with an empty object', async () => {
    expect(await done('/server/ping')).toEqual({});
  });

  // i[verify server.status]
  it('says what the node is', async () => {
    await done('/grove/init', { label: 'clinic-1' });
    expect(await done('/server/status')).toEqual({
      version: '0.1.0',
      hostname: 'clinic-1',
      uptime_secs: 90_061,
      spki_fingerprint: node.identity.fingerprint,
      listen: [node.address],
      connections: 1,
      grove: await done('/grove/status'),
    });
  });
});

describe('/server/audit', () => {
  // i[verify server.audit]
  it('says who asked for what, newest first and no more than asked for', async () => {
    await done('/keys/authorise', { fingerprint: other, label: 'Ana' });
    await done('/keys/revoke', { fingerprint: other });
    const line = {
      at: '2026-05-07T12:34:56Z',
      actor: { kind: 'ctl' },
      summary: expect.stringContaining('Ana'),
    };
    const both = await done('/server/audit');
    expect(both).toMatchObject([
      { ...line, method: '/keys/revoke' },
      { ...line, method: '/keys/authorise' },
    ]);
    expect(await done('/server/audit', { limit: 1 })).toEqual((both as Json[]).slice(0, 1));
    for (const limit of [0, 1_001, 1.5])
      expect(await refused('/server/audit', { limit })).toMatchObject({ code: 'invalid_request' });
  });
});

describe('/grove', () => {
  // i[verify grove.methods]
  it('goes from nothing to a published grove and back', async () => {
    const own = node.identity.fingerprint;
    expect(await done('/grove/status')).toEqual({
      is_member: false,
      state: 'outside',
      own_fp: own,
      problems: [],
    });
    expect(await done('/grove/init', { label: 'clinic-1' })).toEqual({
      grove_id: '0b0f6c1e-4f6f-4a44-9d2a-3a1de0b3c001',
      seq: 1,
      leader_fp: own,
    });
    expect(await done('/grove/invite', { fingerprint: other, label: 'clinic-7' })).toEqual({
      seq: 2,
      members_count: 2,
      invite: expect.stringMatching(/^grove1:/),
    });
    const set = [
      { name: 'banner', kind: 'multiline', value: 'one\ntwo' },
      { name: 'greeting', kind: 'text', value: 'kia ora' },
    ];
    expect(await done('/grove/params/apply', { set, unset: [] })).toEqual({ seq: 3 });
    expect(await done('/grove/params/set', { name: 'greeting', kind: 'text', value: 'hello' })).toEqual({
      seq: 4,
    });
    expect(await done('/grove/params/unset', { name: 'banner' })).toEqual({ seq: 5 });
    expect(await done('/grove/params')).toEqual([
      { name: 'greeting', kind: 'text', value: 'hello', version_seq: 5 },
    ]);
    expect(await done('/grove/members')).toEqual(
      [
        { fingerprint: own, label: 'clinic-1' },
        { fingerprint: other, label: 'clinic-7' },
      ].sort((one, two) => (one.fingerprint < two.fingerprint ? -1 : 1)),
    );
    expect(await done('/grove/history', { limit: 1, before_seq: 5 })).toMatchObject([
      {
        seq: 4,
        changes: [{ change: 'param-set', name: 'greeting', old_value: 'kia ora', new_value: 'hello' }],
      },
    ]);
    expect(await done('/grove/payload', { seq: 1 })).toMatchObject({
      payload: { seq: 1 },
      leader_key: node.identity.publicKey,
    });
    expect(await done('/grove/revoke', { fingerprint: other })).toEqual({ seq: 6, members_count: 1 });
    expect(await refused('/grove/leave')).toMatchObject({ code: 'requirements_invalid' });
    expect(await done('/grove/leave', { force: true })).toEqual({});
    expect(await done('/grove/status')).toMatchObject({ is_member: false });
  });

  // i[verify grove.methods]
  it('hands the options of a change over', async () => {
    await done('/grove/init', { label: 'clinic-1' });
    const change = { name: 'greeting', kind: 'text', value: 'kia ora', expect_seq: 1, force: true };
    await done('/grove/params/set', change);
    expect(node.control.executed.at(-1)?.command).toEqual({
      type: 'change',
      change: { kind: 'params', set: [{ name: 'greeting', kind: 'text', value: 'kia ora' }], unset: [] },
      expectSeq: 1,
      force: true,
    });
    expect(await refused('/grove/params/set', change)).toMatchObject({
      code: 'requirements_invalid',
      details: { current_seq: 2 },
    });
  });

  // i[verify grove.methods]
  it.each([
    ['/grove/init', { label: 'again' }, 'already_installed'],
    ['/grove/invite', { fingerprint: 'OWN', label: 'again' }, 'already_installed'],
    ['/grove/revoke', { fingerprint: other }, 'not_found'],
    ['/grove/revoke', { fingerprint: 'OWN' }, 'requirements_invalid'],
    ['/grove/params/unset', { name: 'nothing' }, 'not_found'],
    ['/grove/params/set', { name: 'token', kind: 'password', value: 'x' }, 'requirements_invalid'],
    ['/grove/params/set', { name: 'big', kind: 'text', value: 'x'.repeat(65_537) }, 'requirements_invalid'],
    ['/grove/payload', { seq: 99 }, 'not_found'],
    ['/grove/accept-jump', { seq: 99 }, 'not_found'],
    ['/grove/accept-jump', { seq: 0 }, 'invalid_request'],
  ])('passes on why the leader refuses %s %j', async (method, params, code) => {
    await done('/grove/init', { label: 'clinic-1' });
    const own = Object.entries(params).map(([name, value]) => [
      name,
      value === 'OWN' ? node.identity.fingerprint : value,
    ]);
    expect(await refused(method, Object.fromEntries(own))).toMatchObject({ code });
    expect(await done('/grove/status')).toMatchObject({ current_seq: 1 });
  });

  // i[verify grove.methods]
  it.each(['/grove/members', '/grove/params', '/grove/peers', '/grove/history', '/grove/payload'])(
    'answers %s with not_found outside a grove',
    async (method) => {
      expect(await refused(method)).toMatchObject({ code: 'not_found' });
    },
  );

  // i[verify grove.no-secrets]
  it('takes no param that is marked as secret', async () => {
    await done('/grove/init', { label: 'clinic-1' });
    const secret = { name: 'token', kind: 'text', value: 'x', secret: true };
    expect(await refused('/grove/params/set', secret)).toMatchObject({ code: 'requirements_invalid' });
    expect(await done('/grove/params/set', { ...secret, secret: false })).toEqual({ seq: 2 });
  });

  // i[verify grove.not-leader]
  it('names the leader to whoever asks another member for a change', async () => {
    await done('/grove/init', { label: 'clinic-1' });
    await done('/grove/invite', { fingerprint: other, label: 'head-office' });
    node.control.leaderElsewhere = other;
    expect(await refused('/grove/params/unset', { name: 'greeting' })).toEqual({
      code: 'requirements_invalid',
      message: `not the leader: run this on head-office (${other.slice(0, 8)}…)`,
      details: { leader_fp: other },
    });
  });
});

describe('an invite', () => {
  // i[verify grove.invite]
  it('names the leader first, then the members it is linked to, and can be joined with', async () => {
    await done('/grove/init', { label: 'clinic-1' });
    node.control.linked = [
      peer('b'.repeat(64), true, ['192.0.2.8:7891', '192.0.2.9:7891']),
      peer('c'.repeat(64), false, ['192.0.2.10:7891']),
    ];
    const answer = await done('/grove/invite', { fingerprint: other, label: 'clinic-7' });
    const text = (answer as { invite: string }).invite;
    const own = node.identity;
    expect(decodeInvite(text)).toEqual({
      ok: true,
      value: {
        inviters: [
          { address: node.address, fingerprint: own.fingerprint },
          { address: '192.0.2.8:7891', fingerprint: 'b'.repeat(64) },
        ],
        leader_fp: own.fingerprint,
        leader_key: own.publicKey,
        grove_id: '0b0f6c1e-4f6f-4a44-9d2a-3a1de0b3c001',
      },
    });
    expect(await refused('/grove/join', { invite: text })).toMatchObject({ code: 'already_installed' });
    await done('/grove/leave', { force: true });
    expect(await done('/grove/join', { invite: text, accept_rollback: true })).toMatchObject({ seq: 7 });
    expect(node.control.executed.at(-1)?.command).toMatchObject({ type: 'join', acceptRollback: true });
  });

  // i[verify grove.join]
  it('can be said in three fields, and a damaged one never reaches the node', async () => {
    const parts = { address: '192.0.2.7:7891', inviter_fp: 'a'.repeat(64), leader_fp: 'b'.repeat(64) };
    await done('/grove/join', parts);
    expect(node.control.executed.at(-1)?.command).toEqual({
      type: 'join',
      invite: {
        inviters: [{ address: '192.0.2.7:7891', fingerprint: 'a'.repeat(64) }],
        leader_fp: 'b'.repeat(64),
        leader_key: null,
        grove_id: null,
      },
    });
    const { length } = node.control.executed;
    const good = encodeInvite({
      inviters: [{ address: '192.0.2.7:7891', fingerprint: other }],
      leader_fp: other,
      leader_key: null,
      grove_id: null,
    });
    const damaged = good.slice(0, -3) + (good.endsWith('AAA') ? 'BBB' : 'AAA');
    for (const params of [
      { invite: damaged },
      { invite: 'hello' },
      { ...parts, address: 'clinic-7:7891' },
      { ...parts, invite: good },
    ]) {
      expect(await refused('/grove/join', params)).toMatchObject({ code: 'invalid_request' });
    }
    expect(node.control.executed).toHaveLength(length);
  });
});

describe('the table of methods', () => {
  it('has every method of the operator interface', () => {
    expect([...methodNames].sort()).toEqual([
      '/apps/create',
      '/apps/create-from',
      '/apps/install/invoke',
      '/apps/list',
      '/apps/params/set',
      '/apps/params/unset',
      '/apps/remove',
      '/apps/show',
      '/events/subscribe',
      '/grove/accept-jump',
      '/grove/history',
      '/grove/init',
      '/grove/invite',
      '/grove/join',
      '/grove/leave',
      '/grove/map',
      '/grove/mappings',
      '/grove/members',
      '/grove/params',
      '/grove/params/apply',
      '/grove/params/set',
      '/grove/params/unset',
      '/grove/payload',
      '/grove/peers',
      '/grove/revoke',
      '/grove/status',
      '/grove/unmap',
      '/keys/authorise',
      '/keys/list',
      '/keys/revoke',
      '/server/audit',
      '/server/debug',
      '/server/ping',
      '/server/status',
    ]);
  });
});

function peer(fingerprint: string, connected: boolean, addresses: readonly string[]) {
  return {
    fingerprint,
    label: 'some-clinic',
    connected,
    direction: connected ? ('outbound' as const) : null,
    seq: 1,
    addresses,
    last_connected_at: null,
    last_seen_at: null,
    last_error: null,
  };
}
