/** Which values fit which kind of an app's param. */
import { describe, expect, it } from 'vitest';
import { paramKinds, paramValueBytesMax, paramValueProblem } from '../../src/protocol/index.ts';

const oneLine = ['text', 'password', 'weak-password'] as const;

describe('a value', () => {
  // i[verify app.value-kinds]
  it.each(oneLine)('of kind %s is one line', (kind) => {
    for (const value of ['', 'kia ora', '$(id) `id` "\'\\', '\u202eabc', 'ā'.repeat(100)])
      expect(paramValueProblem(kind, value)).toBeNull();
    for (const value of ['a\nb', 'a\r', '\t', '\0', '\u001b[0m', '\u007f', '\u0085', '\u2028', '\u2029'])
      expect(paramValueProblem(kind, value)).toMatch(/line break or a control character/);
  });

  // i[verify app.value-kinds]
  it('of kind multiline has lines and tabs, and no other control characters', () => {
    for (const value of ['', 'a\n\tb\n', 'a\r\nb\r\n', '\u2028'])
      expect(paramValueProblem('multiline', value)).toBeNull();
    for (const value of ['a\rb', '\0', '\u001b[0m', '\u000b', '\u0085'])
      expect(paramValueProblem('multiline', value)).toMatch(/control character/);
  });

  // i[verify app.value-kinds]
  it('of kind email is one address', () => {
    for (const value of ['a@b', 'ops+x@clinic.example.org', "o'neil@a-b.nz"])
      expect(paramValueProblem('email', value)).toBeNull();
    const wrong = [
      '',
      'a',
      '@b',
      'a@',
      'a b@c',
      'a@b c',
      'a@b\n',
      'a@b,c@d',
      '<a@b>',
      'a@-b',
      `${'a'.repeat(65)}@b`,
    ];
    for (const value of [...wrong, `a@${'b.'.repeat(150)}c`])
      expect(paramValueProblem('email', value)).toBe('is no email address');
  });

  // i[verify app.value-kinds]
  it.each(paramKinds)('of kind %s is well-formed and has a bound in bytes', (kind) => {
    expect(paramValueProblem(kind, 'a\ud800')).toMatch(/half a character/);
    expect(paramValueProblem(kind, 'x'.repeat(paramValueBytesMax + 1))).toMatch(/longer than 65536 bytes/);
    expect(paramValueProblem(kind, 'ā'.repeat(paramValueBytesMax / 2 + 1))).toMatch(
      /longer than 65536 bytes/,
    );
    if (kind !== 'email') expect(paramValueProblem(kind, 'ā'.repeat(paramValueBytesMax / 2))).toBeNull();
  });

  // i[verify app.value-kinds]
  it('is never part of the refusal', () => {
    for (const kind of paramKinds)
      expect(paramValueProblem(kind, 'hunter2\0') ?? '').not.toContain('hunter2');
  });
});
