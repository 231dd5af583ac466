/** When a long payload goes out at once, as a table: what the link has carried, and what the peer asked for. */
import { describe, expect, it } from 'vitest';
import { type LinkNews, owesPayload } from '../../src/protocol/spread.ts';
import type { Version } from '../../src/protocol/types.ts';

const version = (seq: number): Version => ({ seq, hash: `${seq}`.padStart(64, 'e') });
const announceFirstBytes = 8_192;

function link(more: Partial<LinkNews> = {}): LinkNews {
  return {
    newest: { version: version(6), lineBytes: announceFirstBytes + 1 },
    theirs: version(5),
    sent: null,
    told: version(5),
    theyWant: 'version',
    grafted: false,
    lacksPush: false,
    announceFirstBytes,
    ...more,
  };
}

describe('a long payload that was just verified', () => {
  // g[verify gossip.branch]
  it.each([
    ['waits on a link that is new', {}, false],
    ['goes out over one that carried a payload', { sent: version(5) }, true],
    ['goes out over one that was asked for payloads again', { grafted: true }, true],
    ['waits where announcements are wanted', { sent: version(5), theyWant: 'hello' }, false],
    ['goes out once', { sent: version(6), grafted: true }, false],
    [
      'goes out when it is not long after all',
      { newest: { version: version(6), lineBytes: announceFirstBytes } },
      true,
    ],
  ] as const)('%s', (_title, more, goes) => {
    expect(owesPayload(link(more), 'verified')).toBe(goes);
  });
});

describe('a long payload that is there when the peer says hello', () => {
  // g[verify gossip.announce-first]
  it.each([
    ['waits for a hello said after the announcement', {}, false],
    ['goes out when it was announced', { told: version(6) }, true],
    ['goes out to a peer that grafted itself, even before it was announced', { grafted: true }, true],
    ['goes out to no peer that wants announcements', { told: version(6), theyWant: 'hello' }, false],
    ['goes out once, grafted or not', { sent: version(6), told: version(6), grafted: true }, false],
    ['goes out to no peer that has it, grafted or not', { theirs: version(6), grafted: true }, false],
    ['goes out to no peer that has a newer one', { theirs: version(7), grafted: true }, false],
    ['goes out unannounced to a peer that does not say how it wants its news', { lacksPush: true }, true],
    [
      'goes out unannounced when it is not long after all',
      { newest: { version: version(6), lineBytes: announceFirstBytes } },
      true,
    ],
  ] as const)('%s', (_title, more, goes) => {
    expect(owesPayload(link(more), 'hello')).toBe(goes);
  });
});

describe('a long payload that is there when a link is greeted', () => {
  // g[verify gossip.announce-first]
  it('waits for a hello said after the greeting', () => {
    expect(owesPayload(link({ told: version(6) }), 'greeting')).toBe(false);
  });
});
