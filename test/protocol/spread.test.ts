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
