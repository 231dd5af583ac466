/** Text from the network on its way to a terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/protocol/index.ts';

describe('printable', () => {
  // g[verify read.printable]
  it('shows what would move a cursor, hide or reorder text as its code', () => {
    expect(printable('a\u001b[31mb\r\nc', 40)).toBe('a\\u{1b}[31mb\\u{d}\\u{a}c');
    expect(printable('evil\u202egnp.exe', 40)).toBe('evil\\u{202e}gnp.exe');
    expect(printable('\ud800', 40)).toBe('\\u{d800}');
  });

  it('leaves the words of any language as they are', () => {
    expect(printable('Ōtautahi 诊所 مستشفى 🐑', 40)).toBe('Ōtautahi 诊所 مستشفى 🐑');
  });

  // g[verify read.printable]
  it('keeps at most so many characters and says that there were more', () => {
    expect(printable('🐑🐑🐑', 3)).toBe('🐑🐑🐑');
    expect(printable('🐑🐑🐑🐑', 3)).toBe('🐑🐑🐑…');
    expect(printable('x'.repeat(1e6), 3)).toBe('xxx…');
  });

  // g[verify read.printable]
  it('never lets a control character through, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(20), (text, charactersMax) => {
        const shown = printable(text, charactersMax);
        expect(shown).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
        expect([...shown].length).toBeLessThanOrEqual(10 * charactersMax + 1);
      }),
    );
  });
});
