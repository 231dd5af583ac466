import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/protocol/address.ts';
import { type Book, emptyRow, type KnownAddress } from '../../src/protocol/dialling/book.ts';
import { choosePeers, entriesOf } from '../../src/protocol/dialling/choose-peers.ts';
import { hintsPerSenderMax } from '../../src/protocol/dialling/dial-limits.ts';
import { type HintCircumstances, judgeHints } from '../../src/protocol/dialling/judge-hints.ts';
import { addressesPerPeerMax, peersEntriesMax, peersLineBytesMax } from '../../src/protocol/limits.ts';
import { encodeMessage } from '../../src/protocol/messages.ts';
import { seedRandom } from '../../src/protocol/random.ts';
import type { PeerEntry } from '../../src/protocol/types.ts';

const own = '00'.repeat(32);
const member = 'aa'.repeat(32);
const stranger = 'ee'.repeat(32);
const at = '2026-05-07T12:34:56Z';

const circumstances: HintCircumstances = {
  own,
  members: [own, member],
  ownAddresses: ['192.0.2.1:7891'],
  listensOnLoopback: false,
  book: {},
  addressesLeft: hintsPerSenderMax,
};

function entry(fingerprint: string, ...addresses: string[]): PeerEntry {
  return { fingerprint, addresses, last_seen: at };
}

describe('judging hints', () => {
  it('passes on what is news, and counts what is known already as looked at, not as refused', () => {
    const known: KnownAddress = { address: '192.0.2.9:1', source: 'hint', proven: false, from: null };
    const book = { [member]: { ...emptyRow, addresses: [known] } };
    const told = [entry(member, '192.0.2.9:1', '192.0.2.9:2')];
    const judged = judgeHints(told, { ...circumstances, book });
    expect(judged).toEqual({
      accepted: [{ fingerprint: member, addresses: ['192.0.2.9:2'] }],
      refused: 0,
      looked: 2,
    });
    expect(judgeHints([entry(member, '192.0.2.9:1')], { ...circumstances, book }).accepted).toEqual([]);
  });

  // g[verify hint.members]
  it('drops what is said about strangers and about ourselves', () => {
    const judged = judgeHints(
      [entry(stranger, '192.0.2.7:1'), entry(own, '192.0.2.8:1'), entry(member, '192.0.2.9:1')],
      circumstances,
    );
    expect(judged.accepted).toEqual([{ fingerprint: member, addresses: ['192.0.2.9:1'] }]);
    expect(judged.refused).toBe(2);
  });

  // g[verify hint.addresses]
  it.each([
    ['clinic.example:7891'],
    ['224.0.0.1:7891'],
    ['[ff02::1]:7891'],
    ['0.0.0.0:7891'],
    ['[::]:7891'],
    ['169.254.1.1:7891'],
    ['[fe80::1]:7891'],
    ['255.255.255.255:7891'],
    ['127.0.0.1:7891'],
    ['[::1]:7891'],
    ['[::ffff:127.0.0.1]:7891'],
    ['192.0.2.1:7891'],
  ])('refuses %s', (address) => {
    expect(judgeHints([entry(member, address)], circumstances).accepted).toEqual([]);
  });

  // g[verify hint.addresses]
  it('takes loopback addresses when we listen on loopback ourselves', () => {
    const local = { ...circumstances, listensOnLoopback: true };
    const judged = judgeHints([entry(member, '127.0.0.1:7891', '[::1]:7892')], local);
    expect(judged.accepted).toEqual([{ fingerprint: member, addresses: ['127.0.0.1:7891', '[::1]:7892'] }]);
  });

  // g[verify hint.flood]
  it('looks at no more entries and addresses than its bounds, and says how many it looked at', () => {
    const flood = Array.from({ length: 500 }, (_, index) =>
      entry(member, ...Array.from({ length: 50 }, (__, port) => `10.0.${index & 255}.1:${port + 1}`)),
    );
    const judged = judgeHints(flood, circumstances);
    expect(judged.looked).toBe(peersEntriesMax * addressesPerPeerMax);
    expect(judgeHints(flood, { ...circumstances, addressesLeft: 6 }).accepted[0]?.addresses).toHaveLength(6);
    expect(judgeHints(flood, { ...circumstances, addressesLeft: 0 }).accepted).toEqual([]);
  });

  // g[verify hint.members] g[verify hint.addresses]
  it('accepts only dialable addresses of other members, whatever it is sent', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((text) => `[${text}]`),
      fc.constantFrom('127.0.0.1', '[::1]', '169.254.0.9', '[fe80::2]', '224.1.1.1', '0.0.0.0', 'x', ''),
    );
    const addresses = fc.array(
      fc.tuple(host, fc.integer({ min: -1, max: 70_000 })).map(([ip, port]) => `${ip}:${port}`),
      { maxLength: 6 },
    );
    const entries = fc.array(
      fc
        .tuple(fc.constantFrom(own, member, stranger, '__proto__'), addresses)
        .map(([fp, list]) => entry(fp, ...list)),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(entries, (list) => {
        for (const { fingerprint, addresses: accepted } of judgeHints(list, circumstances).accepted) {
          expect(fingerprint).toBe(member);
          expect(new Set(accepted).size).toBe(accepted.length);
          for (const address of accepted) expect(parseAddress(address)?.kind).toBe('unicast');
        }
      }),
    );
  });
});

describe('telling peers', () => {
  const proven = (address: string): KnownAddress => ({
    address,
    source: 'verified',
    proven: true,
    from: null,
  });
  const view = {
    book: {} as Book,
    linked: {},
    own: { fingerprint: own, addresses: ['192.0.2.1:7891'] },
    listensOnLoopback: false,
    at,
    random: seedRandom(1),
  };

  // g[verify hint.tell]
  it('tells our own addresses first and proven addresses of members, never hints', () => {
    const addresses: KnownAddress[] = [
      { address: '192.0.2.20:1', source: 'configured', proven: false, from: null },
      { address: '192.0.2.21:1', source: 'configured', proven: true, from: null },
      proven('192.0.2.22:1'),
      { address: '192.0.2.23:1', source: 'hint', proven: false, from: null },
    ];
    const book = {
      [member]: { ...emptyRow, addresses, lastSeenAt: '2026-05-06T00:00:00Z' },
      [stranger]: { ...emptyRow, addresses: addresses.slice(3), lastSeenAt: at },
    };
    const [entries] = choosePeers({ ...view, book });
    expect(entries).toEqual([
      { fingerprint: own, addresses: ['192.0.2.1:7891'], last_seen: at },
      { fingerprint: member, addresses: ['192.0.2.21:1', '192.0.2.22:1'], last_seen: '2026-05-06T00:00:00Z' },
    ]);
  });

  // g[verify hint.tell]
  it('tells loopback addresses only when it listens there, and never an unspecified one', () => {
    const listening = { fingerprint: own, addresses: ['127.0.0.1:7891', '0.0.0.0:7891', '192.0.2.1:7891'] };
    const [remote] = choosePeers({ ...view, own: listening });
    expect(remote[0]?.addresses).toEqual(['192.0.2.1:7891']);
    const [local] = choosePeers({ ...view, own: listening, listensOnLoopback: true });
    expect(local[0]?.addresses).toEqual(['127.0.0.1:7891', '192.0.2.1:7891']);
  });

  // g[verify hint.tell]
  it('tells at most 64 entries of 4 addresses, linked peers before others, and fits a line', () => {
    const fingerprint = (index: number) => index.toString(16).padStart(64, '0');
    const eight = Array.from({ length: 8 }, (_, index) =>
      proven(`[2001:db8:1111:2222:3333:4444:5555:${(index + 0x1000).toString(16)}]:65535`),
    );
    const rows = Array.from({ length: 2_000 }, (_, index) => [
      fingerprint(index + 1),
      { ...emptyRow, addresses: eight, lastSeenAt: at },
    ]);
    const linked = { [fingerprint(1_990)]: 1, [fingerprint(1_991)]: 2 };
    const [entries, random] = choosePeers({ ...view, book: Object.fromEntries(rows), linked });
    expect(entries).toHaveLength(peersEntriesMax);
    expect(entries.slice(1, 3).map((told) => told.fingerprint)).toEqual(Object.keys(linked));
    expect(entries.slice(1).every(({ addresses }) => addresses.length === addressesPerPeerMax)).toBe(true);
    const [others] = choosePeers({ ...view, book: Object.fromEntries(rows), linked, random });
    expect(others.map((told) => told.fingerprint)).not.toEqual(entries.map((told) => told.fingerprint));
    expect(encodeMessage({ type: 'peers', entries }).length).toBeLessThanOrEqual(peersLineBytesMax);
  });

  // g[verify hint.tell] g[verify hint.when]
  it('tells of some members the same, in their order, and nothing of those it cannot tell anything of', () => {
    const hinted: KnownAddress = { address: '192.0.2.23:1', source: 'hint', proven: false, from: null };
    const book = {
      [member]: { ...emptyRow, addresses: [proven('192.0.2.22:1'), hinted], lastSeenAt: at },
      [stranger]: { ...emptyRow, addresses: [hinted], lastSeenAt: at },
    };
    expect(entriesOf({ ...view, book }, [member, stranger, 'f'.repeat(64), own])).toEqual([
      { fingerprint: member, addresses: ['192.0.2.22:1'], last_seen: at },
      { fingerprint: own, addresses: ['192.0.2.1:7891'], last_seen: at },
    ]);
    expect(entriesOf({ ...view, book }, Array(100).fill(member))).toHaveLength(peersEntriesMax);
  });
});
