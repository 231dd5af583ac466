import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addHints,
  bookFromRows,
  forgetAddresses,
  type KnownAddress,
  proveAddress,
  savedRow,
} from '../../src/protocol/dialling/book.ts';
import {
  configuredPerPeerMax,
  hintsPerPeerFromOneMax,
  hintsPerPeerMax,
  verifiedPerPeerMax,
} from '../../src/protocol/dialling/dial-limits.ts';

const peer = 'aa'.repeat(32);
const liar = 'bb'.repeat(32);
const friend = 'cc'.repeat(32);

function address(index: number): string {
  return `10.0.${index >> 8}.${index & 255}:7891`;
}

function known(index: number, source: KnownAddress['source'], from: string | null = null): KnownAddress {
  return { address: address(index), source, proven: source === 'verified', from };
}

function ofSource(list: readonly KnownAddress[], source: KnownAddress['source']) {
  return list.filter((candidate) => candidate.source === source).map((candidate) => candidate.address);
}

const step = fc.oneof(
  fc.record({ prove: fc.integer({ min: 0, max: 40 }) }),
  fc.record({
    hints: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 4 }),
    from: fc.constantFrom(peer, liar, friend),
  }),
);

function apply(
  list: readonly KnownAddress[],
  change: typeof step extends fc.Arbitrary<infer Step> ? Step : never,
) {
  return 'prove' in change
    ? proveAddress(list, address(change.prove))
    : addHints(list, {
        addresses: change.hints.map(address),
        from: change.from,
        isThePeer: change.from === peer,
      });
}

describe('the address book', () => {
  // g[verify hint.proven]
  it('moves an address to the front of the proven ones when a handshake there succeeded', () => {
    const before = [known(1, 'configured'), known(2, 'verified'), known(3, 'hint', friend)];
    const after = proveAddress(before, address(3));
    expect(after.map((candidate) => candidate.address)).toEqual([address(1), address(3), address(2)]);
    expect(after[1]).toEqual({ address: address(3), source: 'verified', proven: true, from: null });
  });

  it('keeps a configured address configured when it is proven', () => {
    const [first] = proveAddress([known(1, 'configured')], address(1));
    expect(first).toEqual({ address: address(1), source: 'configured', proven: true, from: null });
  });

  // g[verify hint.sources]
  it('gives one member two of the four places for hints, its newest', () => {
    const honest = addHints([], { addresses: [address(1), address(2)], from: friend, isThePeer: false });
    let list = honest;
    for (let index = 10; index < 60; index += 1) {
      list = addHints(list, { addresses: [address(index)], from: liar, isThePeer: false });
    }
    expect(ofSource(list, 'hint')).toEqual([address(59), address(58), address(1), address(2)]);
  });

  // g[verify hint.sources]
  it("lets the peer's own word about itself replace what others said, in its order", () => {
    const rumours = addHints([], { addresses: [address(1), address(2)], from: liar, isThePeer: false });
    const own = [3, 4, 5, 6].map(address);
    expect(ofSource(addHints(rumours, { addresses: own, from: peer, isThePeer: true }), 'hint')).toEqual(own);
  });

  // g[verify dial.wrong-address]
  it('forgets addresses where somebody else answered, except configured ones', () => {
    const before = [known(1, 'configured'), known(2, 'verified'), known(3, 'hint'), known(4, 'hint')];
    const after = forgetAddresses(before, [1, 2, 3].map(address));
    expect(after.map((candidate) => candidate.address)).toEqual([address(1), address(4)]);
  });

  // g[verify dial.bounds] g[verify hint.separate]
  it('stays bounded and in dialling order whatever happens, and hints never push others out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let list: readonly KnownAddress[] = [known(50, 'configured'), known(51, 'configured')];
        for (const change of steps) {
          const before = list;
          list = apply(list, change);
          const order = list.map(({ source }) => ['configured', 'verified', 'hint'].indexOf(source));
          expect(order).toEqual(order.toSorted());
          expect(new Set(list.map((candidate) => candidate.address)).size).toBe(list.length);
          expect(ofSource(list, 'configured')).toHaveLength(2);
          expect(ofSource(list, 'verified').length).toBeLessThanOrEqual(verifiedPerPeerMax);
          expect(ofSource(list, 'hint').length).toBeLessThanOrEqual(hintsPerPeerMax);
          expect(list.filter(({ from }) => from === liar).length).toBeLessThanOrEqual(hintsPerPeerFromOneMax);
          if ('hints' in change) expect(ofSource(list, 'verified')).toEqual(ofSource(before, 'verified'));
        }
      }),
    );
  });

  // g[verify dial.bounds]
  it('takes rows from disk within the bounds, those of members only, and gives them back', () => {
    const rows = [
      {
        fingerprint: peer,
        addresses: [
          ...Array.from({ length: 20 }, (_, index) => ({ address: address(index), source: 'hint' as const })),
          ...Array.from({ length: 20 }, (_, index) => ({
            address: address(index + 100),
            source: 'verified' as const,
          })),
          ...Array.from({ length: 20 }, (_, index) => ({
            address: address(index + 200),
            source: 'configured' as const,
          })),
          { address: 'not an address', source: 'configured' as const },
        ],
        lastConnectedAt: '2026-05-07T12:34:56Z',
        lastSeenAt: '2026-05-07T12:40:00Z',
      },
      { fingerprint: liar, addresses: [], lastConnectedAt: null, lastSeenAt: null },
    ];
    const book = bookFromRows(rows, (fingerprint) => fingerprint === peer);
    expect(Object.keys(book)).toEqual([peer]);
    const row = book[peer];
    if (row === undefined) throw new Error('the row is missing');
    expect(ofSource(row.addresses, 'configured')).toHaveLength(configuredPerPeerMax);
    expect(ofSource(row.addresses, 'verified')).toHaveLength(verifiedPerPeerMax);
    expect(ofSource(row.addresses, 'hint')).toHaveLength(hintsPerPeerMax);
    const saved = savedRow(peer, row);
    expect(bookFromRows([saved], () => true)).toEqual(book);
    expect(saved.lastConnectedAt).toBe('2026-05-07T12:34:56Z');
  });
});
