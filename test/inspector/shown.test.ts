/** What of an event or a context is shown, and what is not. */
import { describe, expect, it } from 'vitest';
import { showContext, showEvent } from '../../src/inspector/feed/records.ts';
import { each, fields, plain, show } from '../../src/inspector/feed/shown.ts';

describe('what is shown of a value', () => {
  it('is what a shape names, and nothing beside it', () => {
    const shape = fields({ ...plain('seq'), version: fields(plain('hash')), secret: 'hidden' });
    expect(show({ seq: 3, version: { hash: 'a', extra: 1 }, secret: 's', new: 'n' }, shape)).toEqual({
      seq: 3,
      version: { hash: 'a' },
    });
  });

  it('is never an object where a plain value was expected, nor the other way round', () => {
    expect(show({ seq: { value: 'secret' } }, fields(plain('seq')))).toEqual({});
    expect(show({ version: 'secret' }, fields({ version: fields(plain('seq')) }))).toEqual({});
    expect(show(['secret'], fields(plain('0')))).toBeUndefined();
  });

  it('is cut, and says so', () => {
    expect(show('x'.repeat(1_000), 'plain')).toBe(`${'x'.repeat(200)}…`);
    expect(show(Array(100).fill(1), each('plain'))).toEqual([...Array(32).fill(1), '… 68 more']);
    const record = Object.fromEntries(Array.from({ length: 40 }, (_one, index) => [`k${index}`, index]));
    expect(Object.keys(show(record, each('plain')) as object)).toHaveLength(33);
  });

  it('cannot do anything to a terminal or a page', () => {
    const shown = String(show('a\u001b[31m\u202eb', 'plain'));
    for (const character of ['\u001b', '\u202e']) expect(shown).not.toContain(character);
  });
});

describe('what is shown of an event', () => {
  it('of the wire names a payload, and has nothing that is in it', () => {
    const payload = {
      grove_id: 'g',
      seq: 4,
      created_at: 'now',
      leader_fp: 'l',
      members: [],
      params: [{ name: 'a', kind: 'text', value: 'secret' }],
    };
    expect(showEvent('version', { type: 'version', payload, signature: 's', leader_key: 'k' })).toEqual({
      type: 'version',
      payload: { grove_id: 'g', seq: 4, created_at: 'now', leader_fp: 'l' },
      leader_key: 'k',
      hidden: ['signature'],
    });
  });

  it('of an operator has names of params and no values', () => {
    const change = { kind: 'params', set: [{ name: 'a', kind: 'text', value: 'secret' }], unset: ['b'] };
    const shown = showEvent('publish', { type: 'publish', change, requestId: 'r' });
    expect(shown.change).toEqual({ kind: 'params', set: [{ name: 'a', kind: 'text' }], unset: ['b'] });
  });

  it('says which fields it leaves out', () => {
    expect(showEvent('new', { type: 'new', value: 'secret' })).toEqual({ type: 'new', hidden: ['value'] });
  });
});

describe('what is shown of a context', () => {
  it('of a machine nobody decided about is nothing', () => {
    expect(showContext('unheard-of', { seq: 1 })).toBeNull();
    expect(showContext(null, { seq: 1 })).toBeNull();
  });
});
