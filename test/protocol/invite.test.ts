/** The string an operator copies from one node to another. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64url,
  decodeInvite,
  encodeBase64url,
  encodeInvite,
  type Invite,
  inviteFromParts,
} from '../../src/protocol/index.ts';
import { fingerprints, groveId, leader, stranger } from './fixtures.ts';

const [firstFp = ''] = fingerprints;
const invite: Invite = {
  inviters: [
    { address: '192.0.2.7:7891', fingerprint: leader.fingerprint },
    { address: '[2001:db8::7]:7891', fingerprint: firstFp },
  ],
  leader_fp: leader.fingerprint,
  leader_key: leader.publicKey,
  grove_id: groveId,
};
const codeOf = (text: string) => {
  const verdict = decodeInvite(text);
  return verdict.ok ? 'taken' : verdict.reason.code;
};

describe('an invite', () => {
  // g[verify payload.invite]
  it('is one word that reads back as what it was', () => {
    const text = encodeInvite(invite);
    expect(text).toMatch(/^grove1:[A-Za-z0-9_-]+$/);
    expect(decodeInvite(text)).toEqual({ ok: true, value: invite });
    const bare = { ...invite, leader_key: null, grove_id: null };
    expect(decodeInvite(encodeInvite(bare))).toEqual({ ok: true, value: bare });
  });

  // g[verify payload.invite]
  it('survives the spaces and line breaks of a terminal', () => {
    const text = encodeInvite(invite).replace(/(.{60})/g, '$1\r\n  ');
    expect(decodeInvite(` ${text}\n`)).toEqual({ ok: true, value: invite });
  });

  // g[verify payload.invite]
  it('notices any one character lost or changed', () => {
    const text = encodeInvite(invite);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', 'A', 'z', '-', '!'), (at, replacement) => {
        const changed = text.slice(0, at) + replacement + text.slice(at + 1);
        if (changed !== text) expect(decodeInvite(changed).ok).toBe(false);
      }),
    );
  });

  // g[verify payload.invite]
  it('has a name for everything that can be wrong with it', () => {
    expect(codeOf('hello')).toBe('not_an_invite');
    expect(codeOf('')).toBe('not_an_invite');
    expect(codeOf(encodeInvite(invite).replace('grove1', 'grove2'))).toBe('other_version');
    expect(codeOf(encodeInvite(invite).slice(0, -9))).toBe('damaged');
    expect(codeOf(`grove1:${'A'.repeat(9_000)}`)).toBe('too_long');
  });

  it('of full size is within its bound', () => {
    const inviters = Array(16).fill({ address: `[${'2001:'.repeat(7)}2001]:65535`, fingerprint: firstFp });
    expect(decodeInvite(encodeInvite({ ...invite, inviters })).ok).toBe(true);
    expect(() => encodeInvite({ ...invite, inviters: [...inviters, ...inviters] })).toThrow('1 to 16');
  });

  // g[verify payload.invite]
  it('is refused when its leader key is not the leader’s', () => {
    expect(() => encodeInvite({ ...invite, leader_key: stranger.publicKey })).toThrow('leader key');
  });

  // g[verify read.no-throw]
  it('answers arbitrary text with a verdict', () => {
    const wrapped = fc.json().map((json) => `grove1:${encodeBase64url(new TextEncoder().encode(json))}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), wrapped), (text) => {
        const verdict = decodeInvite(text);
        expect(!verdict.ok && verdict.reason.message).toMatch(/\S/);
      }),
    );
  });
});

describe('inviteFromParts', () => {
  it('makes the invite of the three arguments of `grove join`', () => {
    expect(inviteFromParts('192.0.2.7:7891', firstFp, leader.fingerprint)).toEqual({
      ok: true,
      value: {
        inviters: [{ address: '192.0.2.7:7891', fingerprint: firstFp }],
        leader_fp: leader.fingerprint,
        leader_key: null,
        grove_id: null,
      },
    });
  });

  it('refuses a name for an address and short fingerprints', () => {
    expect(inviteFromParts('clinic:7891', firstFp, firstFp)).toMatchObject({
      reason: { code: 'bad_address' },
    });
    expect(inviteFromParts('192.0.2.7:7891', 'ab', firstFp)).toMatchObject({
      reason: { code: 'bad_fingerprint' },
    });
    expect(inviteFromParts('192.0.2.7:7891', firstFp, 'ab')).toMatchObject({
      reason: { code: 'bad_fingerprint' },
    });
  });
});

describe('base64url', () => {
  it('agrees with the platform’s and reads back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64url(text)).toEqual(bytes);
      }),
    );
  });

  it.each(['A', 'AB', 'AAB', 'AA==', 'A+/A', 'AAAAA'])(
    'refuses %s, which it would not have written',
    (text) => {
      expect(decodeBase64url(text)).toBeNull();
    },
  );
});
