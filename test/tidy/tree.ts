/** The project as a map from path to text, so that a check reads the same thing from disk and from a planted defect. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';

/** Paths are relative to the project's folder, with forward slashes. */
export type Tree = ReadonlyMap<string, string>;

/** What a check found: `path:line what is wrong and what to do`. */
export type Finding = string;

/** A node of the syntax tree (ESTree with TypeScript's nodes). */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

const foldersLeftOut = new Set(['node_modules', '.git', 'coverage', '.grove-demo', 'results']);
const binaryFile = /\.(png|gif|jpg|ico|woff2|db|der|gz)$/;

/** Every file below `root` that belongs to the project; one that is no text has none here. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !foldersLeftOut.has(entry.name) && !isBuilt(path)) {
        folders.push(path);
      } else if (entry.isFile()) {
        tree.set(path, binaryFile.test(entry.name) ? '' : readFileSync(join(root, path), 'utf8'));
      }
    }
  }
  return new Map([...tree].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** A tree with the given files: what tests plant defects in. */
export function treeOf(files: { readonly [path: string]: string }): Tree {
  return new Map(Object.entries(files));
}

/** TypeScript and JavaScript files of the tree. */
export function codeFiles(tree: Tree): readonly (readonly [path: string, text: string])[] {
  return [...tree].filter(([path]) => /\.(ts|tsx|mjs)$/.test(path));
}

/** Throws when the file does not parse: a check must not pass over what it cannot read. */
export function parse(path: string, text: string): SyntaxNode {
  const known = parsed.get(text);
  if (known !== undefined) {
    return known;
  }
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) {
    throw new Error(`${path}: ${errors[0].message}`);
  }
  if (!isNode(program)) {
    throw new Error(`${path}: the parser returned no syntax tree`);
  }
  parsed.set(text, program);
  return program;
}

/** Calls `visit` for `node` and everything below it, parents first. `property` is where the parent holds the node. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | null, property: string) => void,
  parent: SyntaxNode | null = null,
  property = '',
): void {
  visit(node, parent, property);
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) {
        walk(child, visit, node, name);
      }
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
}

/** The entries of the object that `value` holds under `field`; none when there is no such object. */
export function entriesOf(
  value: unknown,
  field: string,
): readonly (readonly [name: string, value: unknown])[] {
  const inner: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : null;
  return typeof inner === 'object' && inner !== null ? Object.entries(inner) : [];
}

/** One-based. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** By text: several checks read the same files. */
const parsed = new Map<string, SyntaxNode>();

function isBuilt(path: string): boolean {
  return path === 'dist' || path.startsWith('dist.');
}
