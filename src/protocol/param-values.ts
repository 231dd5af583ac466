/**
 * Whether a value fits the kind of an app's param. Grove params of other implementations hold any text whatever
 * their kind; an app is where a value meets a program, so here a kind means something.
 */
import { utf8Length } from './canonical.ts';
import { paramValueBytesMax } from './limits.ts';
import { isWellFormed } from './names.ts';
import type { ParamKind } from './types.ts';

/** C0, DEL, C1, and the two separators that some programs take for a line end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const breaksLine = /[\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const breaksText = /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}]/u;
/** One `@`, a domain of dotted labels, nothing that needs quoting: what mail programs agree on. */
const emailPattern =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const emailCharactersMax = 254;

// i[impl app.value-kinds]
/** Why `value` cannot be the value of a param of this kind, to end a sentence; null when it can. Never holds the value. */
export function paramValueProblem(kind: ParamKind, value: string): string | null {
  if (value.length > paramValueBytesMax || utf8Length(value) > paramValueBytesMax)
    return `is longer than ${paramValueBytesMax} bytes`;
  if (!isWellFormed(value)) return 'is not text: it holds half a character';
  switch (kind) {
    case 'multiline':
      return multilineProblem(value);
    case 'email':
      return value.length <= emailCharactersMax && emailPattern.test(value) ? null : 'is no email address';
    case 'text':
    case 'password':
    case 'weak-password':
      return breaksLine.test(value)
        ? `has a line break or a control character, and its kind is ${kind}, one line`
        : null;
  }
}

function multilineProblem(value: string): string | null {
  // A carriage return counts only as half of a line end.
  return breaksText.test(value.replace(/\r\n/g, '\n'))
    ? 'has a control character other than a tab or a line end'
    : null;
}
