/**
 * What things may be called: params, apps, labels, kinds, fingerprints, groves. Leaders and followers must
 * agree on every verdict here, so character classes are spelled out instead of taken from the runtime's
 * Unicode tables, which differ between versions.
 */
import { isHex } from './hex.ts';
import { labelCharactersMax } from './limits.ts';
import type { ParamKind } from './types.ts';

/** The grove id of a node that has not joined one yet. */
export const nilUuid = '00000000-0000-0000-0000-000000000000';

export const paramKinds: readonly ParamKind[] = ['text', 'multiline', 'email', 'password', 'weak-password'];
/** Kinds whose values must not travel through a grove. */
export const secretKinds: readonly ParamKind[] = ['password', 'weak-password'];

const namePattern = /^[a-zA-Z][a-zA-Z0-9-]{1,61}[a-zA-Z0-9]$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/**
 * Control characters, soft hyphen, zero-width characters, line and paragraph separators, bidirectional
 * controls, interlinear marks, tags, lone surrogates: anything that lets two labels look alike or one look
 * like terminal output.
 */
export const invisibleCharacters =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  /[\u{0}-\u{1f}\u{7f}-\u{9f}\u{ad}\u{61c}\u{180e}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{d800}-\u{dfff}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]/u;

// g[impl payload.names]
/** Names of params and of apps. */
export function isName(text: string): boolean {
  return namePattern.test(text);
}

export function isFingerprint(text: string): boolean {
  return isHex(text, 32);
}

/** A lowercase, hyphenated UUID of any version. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

export function isParamKind(text: string): text is ParamKind {
  return paramKinds.some((kind) => kind === text);
}

export function isSecretKind(kind: ParamKind): boolean {
  return secretKinds.includes(kind);
}

/** True when the text is free of lone surrogates, and so has one UTF-8 encoding. */
export function isWellFormed(text: string): boolean {
  return !/[\u{d800}-\u{dfff}]/u.test(text);
}

// g[impl payload.labels]
/** What is wrong with a member's label, for a person; null when nothing is. */
export function labelProblem(label: string): string | null {
  // Code units first: a bound on the work, whatever the text.
  if (label.length > labelCharactersMax * 2 || [...label].length > labelCharactersMax) {
    return `is longer than ${labelCharactersMax} characters`;
  }
  if (label.length === 0) return 'is empty';
  if (invisibleCharacters.test(label)) return 'has a control, zero-width or direction-changing character';
  if (label.normalize('NFC') !== label) return 'is not in Unicode normal form C';
  return null;
}

/** The rule for names, to end a sentence that refuses one. */
export const nameRule =
  '3 to 63 letters, digits and hyphens, beginning with a letter and not ending with a hyphen';
