/** What changed between two payloads. */
import { describe, expect, it } from 'vitest';
import { diffPayloads, listChanges } from '../../src/protocol/index.ts';
import { example, fingerprints } from './fixtures.ts';

const [firstFp = ''] = fingerprints;
const newFp = '99'.repeat(32);

describe('diffPayloads', () => {
  // g[verify payload.diff]
  it('tells members that came and went and params that were set and unset, with both values', () => {
    const before = example();
    const after = example({
      members: [...before.members.filter(({ fp }) => fp !== firstFp), { fp: newFp, label: 'clinic-9' }],
      params: [
        { name: 'greeting', kind: 'text', value: 'tēnā koe' },
        { name: 'new', kind: 'text', value: '' },
      ],
    });
    const diff = diffPayloads(before, after);
    expect(diff).toEqual({
      membersAdded: [{ fp: newFp, label: 'clinic-9' }],
      membersRemoved: [{ fp: firstFp, label: 'clinic-2' }],
      membersRelabelled: [],
      paramsSet: [
        { name: 'greeting', kind: 'text', oldValue: 'kia ora', newValue: 'tēnā koe' },
        { name: 'new', kind: 'text', oldValue: null, newValue: '' },
      ],
      paramsUnset: [{ name: 'motd', kind: 'multiline', oldValue: 'one\ntwo' }],
    });
    expect(listChanges(diff)).toEqual([
      { change: 'member-added', fingerprint: newFp, label: 'clinic-9' },
      { change: 'member-removed', fingerprint: firstFp, label: 'clinic-2' },
      { change: 'param-set', name: 'greeting', kind: 'text', old_value: 'kia ora', new_value: 'tēnā koe' },
      { change: 'param-set', name: 'new', kind: 'text', old_value: null, new_value: '' },
      { change: 'param-unset', name: 'motd', kind: 'multiline', old_value: 'one\ntwo', new_value: null },
    ]);
  });

  // g[verify payload.diff]
  it('counts a changed kind as set, a new label as such, and nothing else', () => {
    const [first = { fp: '', label: '' }, ...rest] = example().members;
    const after = example({
      seq: 43,
      members: [{ ...first, label: 'renamed' }, ...rest],
      params: [
        { name: 'greeting', kind: 'multiline', value: 'kia ora' },
        { name: 'motd', kind: 'multiline', value: 'one\ntwo' },
      ],
    });
    const diff = diffPayloads(example(), after);
    expect(diff.paramsSet).toEqual([
      { name: 'greeting', kind: 'multiline', oldValue: 'kia ora', newValue: 'kia ora' },
    ]);
    expect(diff.membersRelabelled).toEqual([{ fp: first.fp, oldLabel: first.label, newLabel: 'renamed' }]);
    expect([...diff.membersAdded, ...diff.membersRemoved, ...diff.paramsUnset]).toEqual([]);
    expect(
      listChanges(diff)
        .slice(0, 2)
        .map(({ change }) => change),
    ).toEqual(['member-removed', 'member-added']);
  });

  it('finds nothing between a payload and its republication, and everything in the first', () => {
    expect(listChanges(diffPayloads(example(), example({ seq: 43 })))).toEqual([]);
    expect(diffPayloads(null, example()).membersAdded).toEqual(example().members);
  });
});
