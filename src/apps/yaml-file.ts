/**
 * A file somebody wrote in YAML or JSON, which is YAML too: read within bounds, every mistake with its line. What its fields mean
 * is for others.
 */
import { isScalar, Lexer, LineCounter, type Node, Parser, parseDocument } from 'yaml';
import { printable } from '../protocol/index.ts';

export interface FileProblem {
  /** From 1. */
  readonly line: number;
  readonly field: string;
  readonly problem: string;
}

const problemsMax = 20;
const problemCharactersMax = 512;
/** Far more than any file of ours has. The library descends by recursion, so it must not see more. */
const depthMax = 32;

export class YamlFile {
  /** Null when the text is no YAML, or empty. */
  readonly root: Node | null;
  readonly #lines = new LineCounter();
  readonly #problems: FileProblem[] = [];

  constructor(text: string, bytesMax: number) {
    const tooMuch = this.#bound(text, bytesMax);
    if (tooMuch !== null) {
      this.root = null;
      this.#problems.push(tooMuch);
      return;
    }
    const document = parseDocument(text, { lineCounter: this.#lines, schema: 'core', uniqueKeys: true });
    for (const error of document.errors)
      this.report(error.pos[0], 'file', error.message.split('\n')[0] ?? 'not YAML');
    this.root = document.errors.length === 0 ? (document.contents as Node | null) : null;
  }

  /** At most 20: whoever has more begins with these. */
  get problems(): readonly FileProblem[] {
    return this.#problems.slice(0, problemsMax);
  }

  report(at: number, field: string, problem: string): never[] {
    const line = Math.max(1, this.#lines.linePos(at).line);
    this.#problems.push({ line, field, problem: printable(problem, problemCharactersMax) });
    return [];
  }

  // i[impl app.definition-bounds]
  #bound(text: string, bytesMax: number): FileProblem | null {
    if (Buffer.byteLength(text) > bytesMax)
      return { line: 1, field: 'file', problem: `is longer than ${bytesMax} bytes` };
    const parser = new Parser();
    let line = 1;
    for (const lexeme of new Lexer().lex(text)) {
      for (const _token of parser.next(lexeme)) {
        // Only how deep the parser stands is of interest.
      }
      if (parser.stack.length > depthMax)
        return { line, field: 'file', problem: `is nested more than ${depthMax} deep` };
      line += lexeme.split('\n').length - 1;
    }
    return null;
  }
}

/** Nothing, or the word `null`. */
export function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** The text of a scalar, as it was written; null for anything else. */
export function textOf(node: unknown): string | null {
  if (!isScalar(node)) return null;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** Where a node begins. */
export function offset(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
