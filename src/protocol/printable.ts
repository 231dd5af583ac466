/**
 * The one way text from the network reaches a terminal, a log or an event: bounded, on one line, and with
 * nothing in it that moves a cursor, hides or reorders what stands beside it.
 */
import { invisibleCharacters } from './names.ts';

const invisibleEverywhere = new RegExp(invisibleCharacters.source, 'gu');

// g[impl read.printable]
/** At most `charactersMax` characters of `text`, an ellipsis for the rest, invisible ones as `\u{hex}`. */
export function printable(text: string, charactersMax: number): string {
  // A character takes at most two code units: what lies beyond cannot be shown and is not looked at.
  const characters = [...text.slice(0, (charactersMax + 1) * 2)];
  const shown = characters.slice(0, charactersMax).join('').replace(invisibleEverywhere, escaped);
  return characters.length > charactersMax ? `${shown}…` : shown;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
