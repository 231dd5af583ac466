/** Reading the file of `grove apply`. */
import { describe, expect, it } from 'vitest';
import { parseApplyFile } from '../../src/cli/apply-file.ts';

describe('the file of grove apply', () => {
  it('takes plain values and values with a kind', () => {
    const text = `# settings
set:
  greeting: kia ora
  quoted: "7"
  banner:
    kind: multiline
    value: |
      one
      two
unset:
  - old-name
`;
    expect(parseApplyFile(text)).toEqual({
      file: {
        set: [
          { name: 'greeting', kind: null, value: 'kia ora' },
          { name: 'quoted', kind: null, value: '7' },
          { name: 'banner', kind: 'multiline', value: 'one\ntwo\n' },
        ],
        unset: ['old-name'],
      },
      problems: [],
    });
  });

  it('may leave either list out, or empty', () => {
    expect(parseApplyFile('unset: [old-name]').file).toEqual({ set: [], unset: ['old-name'] });
    expect(parseApplyFile('{"set":{},"unset":null}')).toEqual({ file: { set: [], unset: [] }, problems: [] });
  });

  // i[verify ctl.apply-file]
  it.each([
    ['', 1, 'file', 'must have set: or unset: at its top'],
    ['- greeting', 1, 'file', 'must have set: or unset: at its top'],
    ['set: [greeting]', 1, 'set', 'must be a map from names to values'],
    ['unset: greeting', 1, 'unset', 'must be a list of names'],
    ['set:\n  greeting: no', null, 'set.greeting', null],
    ['set:\n  greeting: true', 2, 'set.greeting', 'must be text: put it in quotes, "true"'],
    ['set:\n  greeting: 010', 2, 'set.greeting', 'must be text: put it in quotes, "010"'],
    ['set:\n  greeting:', 2, 'set.greeting', 'must be text; to take a param away, name it under unset'],
    ['set:\n  greeting: [a]', 2, 'set.greeting', 'must be text; to take a param away, name it under unset'],
    ['set:\n  greeting:\n    kind: text', 2, 'set.greeting', 'has no value'],
    [
      'set:\n  greeting:\n    value: x\n    kind: number',
      4,
      'set.greeting.kind',
      'must be text, multiline or email',
    ],
    [
      'set:\n  greeting:\n    value: x\n    secret: true',
      4,
      'set.greeting.secret',
      'no such field: a param has kind and value',
    ],
    [
      'set:\n  greeting: &a x\n  farewell: *a',
      3,
      'set.farewell',
      'must be written out: aliases are not read',
    ],
    ['unset: [one-name, one-name]', 1, 'unset.one-name', 'is named under unset already'],
  ])('says of %j what is wrong in which line', (text, line, field, problem) => {
    const { problems } = parseApplyFile(text);
    if (problem === null) expect(problems).toEqual([]);
    else expect(problems).toEqual([{ line, field, problem }]);
  });

  // i[verify ctl.apply-file]
  it('refuses secrets, keys given twice and broken YAML with their lines', () => {
    const secret = parseApplyFile('set:\n  token:\n    kind: password\n    value: x').problems;
    expect(secret).toMatchObject([{ line: 3, field: 'set.token.kind' }]);
    expect(parseApplyFile('set:\n  one-name: a\n  one-name: b').problems).toMatchObject([{ line: 3 }]);
    expect(parseApplyFile('set:\n\tgreeting: x').problems).toMatchObject([{ line: 2, field: 'file' }]);
  });

  it('names at most twenty mistakes', () => {
    const text = `unset:\n${Array.from({ length: 50 }, (_, index) => `  - "${index}"`).join('\n')}`;
    expect(parseApplyFile(text).problems).toHaveLength(20);
  });
});
