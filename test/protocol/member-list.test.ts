/** Lists of members: found by their order alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isListed, memberFingerprints, missingFrom } from '../../src/protocol/index.ts';

const fingerprint = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(4, '0'));

describe('a list of members', () => {
  it('holds exactly those that a search from end to end would find', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fingerprint), fingerprint, (some, asked) => {
        const members = some.toSorted();
        expect(members.every((one) => isListed(members, one))).toBe(true);
        expect(isListed(members, asked)).toBe(members.includes(asked));
      }),
    );
  });

  it('lacks what was in another before and is not in it any more', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fingerprint), fc.uniqueArray(fingerprint), (before, after) => {
        expect(missingFrom(before.toSorted(), after.toSorted())).toEqual(
          before.toSorted().filter((one) => !after.includes(one)),
        );
      }),
    );
  });

  it('is made once for each payload, in its order', () => {
    const members = [
      { fp: 'aa', label: 'one' },
      { fp: 'bb', label: 'two' },
    ];
    expect(memberFingerprints({ members })).toEqual(['aa', 'bb']);
    expect(memberFingerprints({ members })).toBe(memberFingerprints({ members }));
    const relabelled = members.map(({ fp }) => ({ fp, label: 'another' }));
    expect(memberFingerprints({ members: relabelled })).toBe(memberFingerprints({ members }));
    expect(memberFingerprints({ members: members.slice(1) })).toEqual(['bb']);
    expect(memberFingerprints({ members })).toEqual(['aa', 'bb']);
  });
});
