/** How long a session lasts, and what ends it. */
import { describe, expect, it } from 'vitest';
import { createSessions } from '../../src/inspector/sessions.ts';

const day = 24 * 60 * 60_000;
const token = 't'.repeat(43);
const fingerprint = 'f'.repeat(64);

function at(start: number) {
  let now = start;
  const sessions = createSessions(token, fingerprint, () => now);
  return { sessions, later: (ms: number) => (now += ms) };
}

const pairOf = (cookie: string) => cookie.split(';')[0] ?? '';

describe('a session', () => {
  // w[verify access.session]
  it('lasts a day, and another one when it is renewed in its second half', () => {
    const { sessions, later } = at(1_700_000_000_000);
    const { session, cookie } = sessions.begin();
    expect(sessions.renew(session)).toBeNull();
    later(day / 2 + 1);
    const renewed = sessions.renew(session) ?? '';
    later(day / 2);
    expect(sessions.find(pairOf(cookie))).toBeNull();
    expect(sessions.find(pairOf(renewed))).toMatchObject({ id: session.id });
    later(day / 2 + 1);
    expect(sessions.find(pairOf(renewed))).toBeNull();
  });

  it('survives a restart of the node, and not another token or node', () => {
    const { cookie } = at(1_700_000_000_000).sessions.begin();
    const now = () => 1_700_000_000_001;
    expect(createSessions(token, fingerprint, now).find(pairOf(cookie))).not.toBeNull();
    expect(createSessions('u'.repeat(43), fingerprint, now).find(pairOf(cookie))).toBeNull();
    const elsewhere = pairOf(cookie).replace('grove_ffffffffffffffff', 'grove_eeeeeeeeeeeeeeee');
    expect(createSessions(token, 'e'.repeat(64), now).find(elsewhere)).toBeNull();
  });

  it('that was ended is over, also for its renewed cookie', () => {
    const { sessions, later } = at(1_700_000_000_000);
    const { session } = sessions.begin();
    later(day * 0.6);
    const renewed = pairOf(sessions.renew(session) ?? '');
    expect(sessions.end(session)).toContain('Max-Age=0');
    expect(sessions.find(renewed)).toBeNull();
  });

  it('is found among cookies of others, and a flood of them is not searched', () => {
    const { sessions } = at(1_700_000_000_000);
    const mine = pairOf(sessions.begin().cookie);
    expect(sessions.find(`a=1; ${mine}; b=2`)).not.toBeNull();
    const flood = Array(100)
      .fill(`${mine.split('=')[0]}=x.1.y`)
      .join('; ');
    expect(sessions.find(`${flood}; ${mine}`)).toBeNull();
    expect(sessions.find(undefined)).toBeNull();
  });
});
