/** A command as one text, cut into words. */
import { describe, expect, it } from 'vitest';
import { commandWords } from '../../src/cli/words.ts';

const words = (text: string) => commandWords(text, '--on-change');

describe('the words of a command', () => {
  // i[verify ctl.app-command]
  it.each([
    ['/bin/true', ['/bin/true']],
    ['  run   twice ', ['run', 'twice']],
    [`sh -c 'echo "$A" > /tmp/x'`, ['sh', '-c', 'echo "$A" > /tmp/x']],
    ['a "b c" \'d e\'f', ['a', 'b c', 'd ef']],
    ['a "say \\"hi\\" \\n"', ['a', 'say "hi" \\n']],
    ['a\\ b c\\\\d', ['a b', 'c\\d']],
    ['a "" \'\'', ['a', '', '']],
    ['echo $HOME ~ *', ['echo', '$HOME', '~', '*']],
    ['echo ">" \\|', ['echo', '>', '|']],
    ['["sh","-c","echo hi"]', ['sh', '-c', 'echo hi']],
  ])('of %s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  // i[verify ctl.app-command]
  it.each([
    ['echo hi > /tmp/x', /no shell reads this, so > means nothing: name one/],
    ['echo hi 2>&1', /2>&1/],
    ['a && b', /&&/],
    ['a | b', /\|/],
    ['a "b', /" is not closed/],
    ["a 'b", /' is not closed/],
    ['   ', /names no program/],
    ['[]', /names no program/],
    ['["a",', /no JSON list/],
    ['["a",1]', /JSON list of texts/],
  ])('are refused where a shell was meant or something is missing: %s', (text, message) => {
    expect(() => words(text)).toThrow(message);
  });
});
