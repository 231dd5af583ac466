/** What every secret box promises. Run it on each implementation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SecretBox } from '../../src/ports/index.ts';

export function secretBoxContract(name: string, make: () => SecretBox): void {
  describe(`the secret box contract, kept by ${name}`, () => {
    const place = { app: 'web', param: 'api-token' };

    const sealIn = (box: SecretBox, value: string): string => {
      const verdict = box.seal(value, place);
      if (!verdict.ok) throw new Error(verdict.reason.message);
      return verdict.value;
    };

    // i[verify app.secrets-at-rest]
    it('opens what it sealed, and the sealed text shows nothing of it', () => {
      const box = make();
      const property = fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (value) => {
        const text = sealIn(box, value);
        expect(text).toMatch(/^[\x21-\x7e]+$/);
        expect(box.open(text, place)).toEqual({ ok: true, value });
      });
      fc.assert(property, { numRuns: 50 });
      expect(sealIn(box, 'hunter2')).not.toBe(sealIn(box, 'hunter2'));
    });

    // i[verify app.secrets-at-rest]
    it('opens a secret only for the app and the param it was sealed for', () => {
      const box = make();
      const text = sealIn(box, 'hunter2');
      for (const other of [
        { app: 'web2', param: 'api-token' },
        { app: 'web', param: 'other' },
        { app: 'webapi', param: '-token' },
      ]) {
        expect(box.open(text, other)).toMatchObject({ ok: false, reason: { kind: 'damaged' } });
      }
    });

    // i[verify app.secrets-at-rest]
    it('opens nothing that was altered by as much as a character', () => {
      const box = make();
      const text = sealIn(box, 'hunter2');
      for (let at = 0; at < text.length - 1; at += 1) {
        const other = text[at] === 'A' ? 'B' : 'A';
        const altered = text.slice(0, at) + other + text.slice(at + 1);
        expect(box.open(altered, place).ok).toBe(false);
      }
    });

    it.each(['', 'hunter2', 's2.AAAAAAAA.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA', 's1...', 's1'])(
      'does not take %j for a sealed text',
      (text) => {
        const verdict = make().open(text, place);
        expect(verdict).toMatchObject({ ok: false, reason: { kind: 'unknown_format' } });
      },
    );

    it('says nothing of the value in a refusal', () => {
      const box = make();
      const verdict = box.open(sealIn(box, 'hunter2'), { app: 'web', param: 'other' });
      expect(JSON.stringify(verdict)).not.toContain('hunter2');
    });
  });
}
