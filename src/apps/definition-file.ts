/** The file of `apps create --from`: YAML or JSON, and for every mistake the line and the field it is in. */
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { z } from 'zod';
import type { AppDefinition } from '../protocol/app-types.ts';
import { definitionFileBytesMax, type Json } from '../protocol/index.ts';
import { appDefinitionSchema } from './definition-schema.ts';
import { type FileProblem, offset, textOf, YamlFile } from './yaml-file.ts';

export type DefinitionFile =
  | { readonly ok: true; readonly definition: AppDefinition }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

// i[impl app.definition-file]
/** All mistakes are returned, not only the first. Never throws. */
export function parseDefinitionFile(source: string): DefinitionFile {
  const file = new YamlFile(source, definitionFileBytesMax);
  if (file.problems.length > 0) return { ok: false, problems: file.problems };
  const reader = new Reader(file);
  const value = reader.read(file.root, []);
  if (file.problems.length > 0) return { ok: false, problems: file.problems };
  const checked = appDefinitionSchema.safeParse(value);
  if (checked.success) return { ok: true, definition: checked.data };
  for (const issue of checked.error.issues) reader.report(issue);
  return { ok: false, problems: file.problems };
}

type Path = readonly PropertyKey[];

/** Makes plain JSON of the nodes, and remembers where each came from. */
class Reader {
  readonly #file: YamlFile;
  readonly #positions = new Map<string, number>();

  constructor(file: YamlFile) {
    this.#file = file;
  }

  read(node: Node | null, path: Path): Json {
    if (!this.#positions.has(keyOf(path))) this.#positions.set(keyOf(path), offset(node));
    if (isMap(node)) return Object.fromEntries(node.items.flatMap((pair) => this.#readPair(pair, path)));
    if (isSeq(node)) return node.items.map((item, index) => this.read(item as Node | null, [...path, index]));
    if (isAlias(node))
      this.#file.report(offset(node), shown(path), 'must be written out: aliases are not read');
    const value = isScalar(node) ? node.value : null;
    if (typeof value === 'number' && !Number.isFinite(value))
      this.#file.report(offset(node), shown(path), 'must be a number');
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  }

  report(issue: z.core.$ZodIssue): void {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const path = unknown === undefined ? issue.path : [...issue.path, unknown];
    const problem = unknown === undefined ? issue.message : 'no such field';
    this.#file.report(this.#position(path), shown(path), problem);
  }

  /** A field's line is that of its name, also when its value stands below. */
  #readPair({ key, value }: { key: unknown; value: unknown }, path: Path): [string, Json][] {
    const name = textOf(key);
    if (name === null) return this.#file.report(offset(key), shown(path), 'a field must have a name');
    const within = [...path, name];
    this.#positions.set(keyOf(within), offset(key));
    return [[name, this.read(value as Node | null, within)]];
  }

  /** Where it is, or where it should be. */
  #position(path: Path): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const position = this.#positions.get(keyOf(path.slice(0, length)));
      if (position !== undefined) return position;
    }
    return 0;
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

/** `render[0].target`; `file` for the whole. */
function shown(path: Path): string {
  const text = path.reduce<string>(
    (before, part) =>
      typeof part === 'number'
        ? `${before}[${part}]`
        : before === ''
          ? String(part)
          : `${before}.${String(part)}`,
    '',
  );
  return text === '' ? 'file' : text;
}
