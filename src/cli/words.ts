/** A command given as one text, cut into its words. Quotes and backslashes as a shell has them; nothing is expanded. */
import { usageError } from './exit.ts';

/** Characters that only a shell gives a meaning. A word made of them was meant for one. */
const shellWord = /^(?:[|&;<>]+|\d?>>?&?\d?)$/;

// i[impl ctl.app-command]
/** Throws a usage error that says what to write instead. A text that begins with `[` is a JSON list of words. */
export function commandWords(text: string, option: string): readonly string[] {
  const words = text.trimStart().startsWith('[') ? jsonWords(text, option) : splitWords(text, option);
  if (words.length === 0) throw usageError(`${option} names no program`);
  return words;
}

function jsonWords(text: string, option: string): readonly string[] {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw usageError(`${option} begins with [ and is no JSON list of words`, { cause });
  }
  if (Array.isArray(parsed) && parsed.every((word) => typeof word === 'string')) return parsed;
  throw usageError(`${option} must be a JSON list of texts, ["program","argument"]`);
}

function splitWords(text: string, option: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let isPlain = true;
  let quote: string | null = null;
  const end = (): void => {
    if (word === null) return;
    if (isPlain && shellWord.test(word)) {
      throw usageError(`${option}: no shell reads this, so ${word} means nothing: name one, sh -c '…'`);
    }
    words.push(word);
    word = null;
    isPlain = true;
  };
  const characters = [...text];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const next = characters[index + 1];
    if (quote === null && /\s/.test(character)) end();
    else if (quote === null && (character === "'" || character === '"')) {
      quote = character;
      isPlain = false;
      word ??= '';
    } else if (character === quote) quote = null;
    else if (character === '\\' && quote !== "'" && next !== undefined && isEscaped(next, quote)) {
      word = (word ?? '') + next;
      isPlain = false;
      index += 1;
    } else word = (word ?? '') + character;
  }
  if (quote !== null) throw usageError(`${option}: a ${quote} is not closed`);
  end();
  return words;
}

/** Between double quotes a backslash only stands before what it could be confused with. */
function isEscaped(character: string, quote: string | null): boolean {
  return quote === null || '"\\$`'.includes(character);
}
