/** Drafting: the next payload, or a refusal in the operator's words that changed nothing. */
import { describe, expect, it } from 'vitest';
import {
  type Change,
  canonicalBytes,
  draftPayload,
  membersMax,
  type Param,
  type Payload,
  paramsMax,
  payloadBytesLeaderMax,
  toJson,
} from '../../src/protocol/index.ts';
import { example, fingerprints, groveId, leader, noon } from './fixtures.ts';

const now = noon + 999;
const [firstFp = ''] = fingerprints;
const newFp = '99'.repeat(32);

function draft(change: Change, current: Payload | null = example()): Payload {
  const verdict = draftPayload(current, change, { now });
  if (!verdict.ok) throw new Error(verdict.reason.message);
  if (verdict.value.unchanged) throw new Error('unchanged');
  return verdict.value.payload;
}

function refusal(change: Change, current: Payload | null = example()) {
  const verdict = draftPayload(current, change, { now });
  if (verdict.ok) throw new Error('not refused');
  return verdict.reason;
}

const setParams = (...set: Param[]): Change => ({ kind: 'params', set, unset: [] });
const unsetParams = (...unset: string[]): Change => ({ kind: 'params', set: [], unset });
const text = (name: string, value: string): Param => ({ name, kind: 'text', value });

describe('draftPayload', () => {
  // g[verify payload.draft]
  it('begins a grove with the leader alone under number 1', () => {
    const init = { kind: 'init' as const, groveId, leader: { fp: leader.fingerprint, label: 'clinic-1' } };
    const verdict = draftPayload(null, init, { now });
    const payload = example({ seq: 1, params: [], members: [{ fp: leader.fingerprint, label: 'clinic-1' }] });
    expect(verdict).toEqual({
      ok: true,
      value: { unchanged: false, payload, canonicalBytes: canonicalBytes(toJson(payload)).length },
    });
    const again = draftPayload(example(), init, { now });
    expect(again.ok ? 'drafted' : again.reason.code).toBe('already_installed');
  });

  // g[verify payload.draft]
  it('raises the number by one, dates it in whole seconds and keeps everything in order', () => {
    const payload = draft({ kind: 'invite', member: { fp: newFp, label: 'clinic-9' } });
    expect(payload.seq).toBe(43);
    expect(payload.created_at).toBe('2026-05-07T12:00:00Z');
    expect(payload.members.map(({ fp }) => fp)).toEqual(
      [...example().members.map(({ fp }) => fp), newFp].sort(),
    );
    const named = draft(setParams(text('zzz', '1'), text('Aaa', '2'), text('hhh', '3')));
    expect(named.params.map(({ name }) => name)).toEqual(['Aaa', 'greeting', 'hhh', 'motd', 'zzz']);
  });

  // g[verify payload.draft]
  it('emits exactly the seven fields, whatever the current payload or the change carries', () => {
    const current = { ...example(), future: 1 };
    const member = { fp: newFp, label: 'clinic-9', note: 'x' };
    const payload = draft({ kind: 'invite', member }, current);
    expect(Object.keys(toJson(payload))).toEqual(Object.keys(toJson(example())));
    expect(JSON.stringify(toJson(payload))).not.toMatch(/note|future/);
  });

  it('republishes the same content under the next number', () => {
    expect(draft({ kind: 'republish' })).toEqual(example({ seq: 43 }));
  });

  it('removes a member, sets and unsets params, several in one change', () => {
    expect(draft({ kind: 'revoke', fp: firstFp }).members).toEqual(
      example().members.filter(({ fp }) => fp !== firstFp),
    );
    const payload = draft({
      kind: 'params',
      set: [text('greeting', 'tēnā koe'), text('new', '')],
      unset: ['motd'],
    });
    expect(payload.params).toEqual([text('greeting', 'tēnā koe'), text('new', '')]);
  });

  // g[verify payload.idempotent]
  it('publishes nothing for a change that is already so', () => {
    const same = draftPayload(example(), setParams(text('greeting', 'kia ora')), { now });
    expect(same).toEqual({ ok: true, value: { unchanged: true } });
    const kind = draftPayload(
      example(),
      setParams({ name: 'greeting', kind: 'multiline', value: 'kia ora' }),
      { now },
    );
    expect(kind.ok && kind.value.unchanged).toBe(false);
  });

  // g[verify payload.refusals]
  it.each<[string, string, Change]>([
    ['already_installed', 'a member again', { kind: 'invite', member: { fp: firstFp, label: 'other' } }],
    ['invalid_request', 'a bad fingerprint', { kind: 'invite', member: { fp: 'abc', label: 'x' } }],
    ['requirements_invalid', 'a bad label', { kind: 'invite', member: { fp: newFp, label: 'a\u202eb' } }],
    ['not_found', 'a revocation of nobody', { kind: 'revoke', fp: newFp }],
    ['requirements_invalid', 'a revocation of the leader', { kind: 'revoke', fp: leader.fingerprint }],
    ['not_found', 'an unknown param unset', unsetParams('unknown')],
    ['requirements_invalid', 'a bad name', setParams(text('a_b', ''))],
    ['requirements_invalid', 'a password', setParams({ name: 'door', kind: 'password', value: 'x' })],
    [
      'requirements_invalid',
      'a weak password',
      setParams({ name: 'door', kind: 'weak-password', value: 'x' }),
    ],
    ['requirements_invalid', 'a lone surrogate', setParams(text('door', '\ud800'))],
    ['requirements_invalid', 'a value too long', setParams(text('door', 'x'.repeat(65_537)))],
    ['invalid_request', 'a name set twice', setParams(text('door', '1'), text('door', '2'))],
    [
      'invalid_request',
      'a name set and unset',
      { kind: 'params', set: [text('motd', '1')], unset: ['motd'] },
    ],
  ])('refuses with %s: %s', (code, _, change) => {
    const before = JSON.stringify(example());
    const current = example();
    expect(refusal(change, current).code).toBe(code);
    expect(JSON.stringify(current)).toBe(before);
  });

  it('refuses every change outside a grove, and past the last number', () => {
    expect(refusal({ kind: 'republish' }, null).code).toBe('not_found');
    const last = example({ seq: Number.MAX_SAFE_INTEGER });
    expect(refusal({ kind: 'republish' }, last).code).toBe('requirements_invalid');
  });

  // g[verify payload.refusals]
  it('refuses one member and one param too many, with the numbers', () => {
    const others = Array.from({ length: membersMax - 1 }, (_, index) => index.toString(16).padStart(64, '0'));
    const members = [...others, leader.fingerprint].sort().map((fp) => ({ fp, label: 'x' }));
    const invite: Change = { kind: 'invite', member: { fp: newFp, label: 'x' } };
    expect(refusal(invite, example({ members })).details).toEqual({
      members_count: 2_000,
      members_max: 2_000,
    });
    const params = Array.from({ length: paramsMax }, (_, index) => text(`p${1e6 + index}`, ''));
    expect(refusal(setParams(text('zzz', '')), example({ params })).details).toEqual({
      params_count: 1_025,
      params_max: 1_024,
    });
  });
});

describe('the leader’s size limit', () => {
  const value = 'x'.repeat(62_000);
  const large = (last: number) =>
    example({
      params: [...['aaa', 'bbb', 'ccc'].map((name) => text(name, value)), text('ddd', 'x'.repeat(last))],
    });
  const bytesOf = (payload: Payload) => canonicalBytes(toJson(payload)).length;
  const room = payloadBytesLeaderMax - bytesOf(large(0));

  // g[verify payload.leader-size]
  it('lets a payload reach it and refuses one byte more, with the numbers', () => {
    const current = large(room - 1);
    expect(bytesOf(draft(setParams(text('ddd', 'x'.repeat(room))), current))).toBe(payloadBytesLeaderMax);
    expect(refusal(setParams(text('ddd', 'x'.repeat(room + 1))), current)).toMatchObject({
      code: 'requirements_invalid',
      details: { current_bytes: 245_761, cap_bytes: 245_760, published_bytes: 245_759 },
    });
  });

  // g[verify payload.leader-size]
  it('never refuses what makes the payload smaller, even if it stays above', () => {
    const current = large(room + 5_000);
    const smaller = draft(setParams(text('ddd', 'x'.repeat(room + 4_000))), current);
    expect(bytesOf(smaller)).toBeGreaterThan(payloadBytesLeaderMax);
    expect(draft({ kind: 'revoke', fp: firstFp }, current).seq).toBe(43);
    expect(refusal(setParams(text('eee', '')), current).code).toBe('requirements_invalid');
  });

  it('does not keep a leader from publishing the same content again', () => {
    const current = large(room + 2_000);
    expect(draft({ kind: 'republish' }, current)).toEqual({ ...current, seq: 43 });
  });
});
