/** Tables in the documentation against the lists in the code they describe, both ways. */
import { entriesOf, type Finding, isNode, parse, type SyntaxNode, type Tree, walk } from './tree.ts';

const operatorEvents = 'machines/grove-events.ts';

/** machines/README.md lists every event of the machines and every wire message, and nothing else. */
export function checkMachineEvents(tree: Tree): readonly Finding[] {
  const files = [...tree.keys()].filter(
    (path) => /^machines\/([a-z-]+-)?events\.ts$/.test(path) && path !== operatorEvents,
  );
  const declared = ['src/protocol/types.ts', ...files].flatMap((path) => eventTypes(tree, path));
  return compare(tree, {
    document: 'machines/README.md',
    heading: /event/i,
    code: 'machines/*events.ts',
    declared,
  });
}

/** docs/reference/events.md lists every event an operator can see. */
export function checkOperatorEvents(tree: Tree): readonly Finding[] {
  const declared = listedValues(tree, operatorEvents, 'groveEventTypes');
  return compare(tree, {
    document: 'docs/reference/events.md',
    heading: /event/i,
    code: operatorEvents,
    declared,
  });
}

/** docs/reference/errors.md lists refusals, abort reasons, close codes and exit codes, each in a section of its own. */
export function checkErrorCodes(tree: Tree): readonly Finding[] {
  const types = 'src/protocol/types.ts';
  const close = 'src/protocol/close-codes.ts';
  const exit = 'src/cli/exit.ts';
  const reasons = ['KnownAbortReason', 'OtherAbortReason'].flatMap((name) => unionMembers(tree, types, name));
  const sections = [
    { heading: /refusal/i, code: types, declared: unionMembers(tree, types, 'ErrorCode') },
    { heading: /abort/i, code: types, declared: reasons },
    { heading: /close/i, code: close, declared: listedValues(tree, close, 'closeCodes').map(snakeCase) },
    { heading: /exit/i, code: exit, declared: listedValues(tree, exit, 'exitCodes') },
  ];
  return sections.flatMap((section) => compare(tree, { document: 'docs/reference/errors.md', ...section }));
}

/** docs/operating.md says of every problem a node can report what to do. */
export function checkProblemCodes(tree: Tree): readonly Finding[] {
  const code = 'src/operator/control.ts';
  const declared = unionMembers(tree, code, 'ProblemCode');
  return compare(tree, { document: 'docs/operating.md', heading: /^#+ Problems$/, code, declared });
}

/** docs/decisions/dependencies.md gives a reason for every dependency, and for nothing that is none. */
export function checkDependencies(tree: Tree): readonly Finding[] {
  const manifest: unknown = JSON.parse(tree.get('package.json') ?? '{}');
  const declared = ['dependencies', 'devDependencies'].flatMap((field) =>
    entriesOf(manifest, field).map(([name]) => name),
  );
  return compare(tree, {
    document: 'docs/decisions/dependencies.md',
    heading: /./,
    code: 'package.json',
    declared,
  });
}

interface Comparison {
  readonly document: string;
  /** Rows count only in sections whose heading matches. */
  readonly heading: RegExp;
  readonly code: string;
  readonly declared: readonly string[];
}

function compare(tree: Tree, { document, heading, code, declared }: Comparison): readonly Finding[] {
  const text = tree.get(document);
  if (text === undefined) {
    return [`${document}:1 is missing`];
  }
  if (declared.length === 0) {
    return [`${code}:1 declares nothing that ${document} could list`];
  }
  const rows = documentedNames(text, heading);
  const names = new Set(rows.map((row) => row.name));
  const known = new Set(declared);
  return [
    ...[...known]
      .filter((name) => !names.has(name))
      .map((name) => `${document}:1 lacks a row for \`${name}\` of ${code}`),
    ...rows
      .filter((row) => !known.has(row.name))
      .map((row) => `${document}:${row.line} lists \`${row.name}\`, unknown to ${code}`),
  ];
}

/** First backticked cell of each table row (a number may stand before it). */
function documentedNames(
  text: string,
  heading: RegExp,
): readonly { readonly name: string; readonly line: number }[] {
  let isWanted = false;
  return text.split('\n').flatMap((line, index) => {
    isWanted = line.startsWith('#') ? heading.test(line) : isWanted;
    const name = /^\|(?:\s*\d+\s*\|)?\s*`([^`]+)`\s*\|/.exec(line)?.[1];
    return isWanted && name !== undefined ? [{ name, line: index + 1 }] : [];
  });
}

/** Literals of `type: '…'` members: the names of the events or messages a file declares. */
function eventTypes(tree: Tree, path: string): readonly string[] {
  const found: string[] = [];
  walk(programOf(tree, path), (node) => {
    const { key, typeAnnotation } = node;
    if (node.type === 'TSPropertySignature' && isNode(key) && key.name === 'type' && isNode(typeAnnotation)) {
      walk(typeAnnotation, (inner) => {
        if (inner.type === 'TSLiteralType') {
          found.push(...literalsBelow(inner));
        }
      });
    }
  });
  return [...new Set(found)];
}

/** String members of `type NAME = 'a' | 'b' | …`. */
function unionMembers(tree: Tree, path: string, name: string): readonly string[] {
  return declarationOf(tree, path, name, 'TSTypeAliasDeclaration').flatMap(literalsBelow);
}

/** Elements of `const NAME = ['a', …]`, or the keys of `const NAME = { a: … }`. */
function listedValues(tree: Tree, path: string, name: string): readonly string[] {
  return declarationOf(tree, path, name, 'VariableDeclarator').flatMap((declarator) => {
    let { init } = declarator;
    while (isNode(init) && /^TS(As|Satisfies)Expression$/.test(init.type)) {
      init = init.expression;
    }
    if (!isNode(init) || init.type !== 'ObjectExpression') {
      return isNode(init) ? literalsBelow(init) : [];
    }
    const { properties } = init;
    const entries: readonly unknown[] = Array.isArray(properties) ? properties : [];
    return entries.flatMap((entry) => {
      const key = isNode(entry) ? entry.key : null;
      const text = isNode(key) ? (key.name ?? key.value) : null;
      return typeof text === 'string' ? [text] : [];
    });
  });
}

function declarationOf(tree: Tree, path: string, name: string, type: string): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  walk(programOf(tree, path), (node) => {
    const { id } = node;
    if (node.type === type && isNode(id) && id.name === name) {
      found.push(node);
    }
  });
  return found;
}

function literalsBelow(node: SyntaxNode): readonly string[] {
  const found: string[] = [];
  walk(node, (inner) => {
    if (inner.type === 'Literal' && typeof inner.value === 'string') {
      found.push(inner.value);
    }
  });
  return found;
}

function programOf(tree: Tree, path: string): SyntaxNode {
  return parse(path, tree.get(path) ?? '');
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
