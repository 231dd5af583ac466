/** Time, randomness, the environment and the terminal belong to a few rooms; everyone else is handed them. */
import { codeFiles, type Finding, isNode, lineAt, parse, type SyntaxNode, type Tree, walk } from './tree.ts';

type Kind = 'clock' | 'timers' | 'randomness' | 'environment' | 'console';

const kinds: { readonly [name: string]: Kind } = {
  'Date.now': 'clock',
  'new Date()': 'clock',
  'performance.now': 'clock',
  'node:perf_hooks': 'clock',
  setTimeout: 'timers',
  setInterval: 'timers',
  setImmediate: 'timers',
  'node:timers': 'timers',
  'node:timers/promises': 'timers',
  'Math.random': 'randomness',
  'process.env': 'environment',
  console: 'console',
};

/** Programs own the outside world; adapters own the clock and the timers they offer to others. */
const owners: { readonly [prefix: string]: readonly Kind[] } = {
  'src/daemon/': ['clock', 'timers', 'environment', 'console'],
  'src/cli/': ['clock', 'timers', 'environment', 'console'],
  'src/demo/': ['clock', 'timers', 'environment', 'console'],
  'src/transport/': ['clock', 'timers'],
  'src/operator/': ['clock', 'timers'],
  'src/apps/': ['timers'],
  'src/simulation/program/': ['clock', 'timers', 'environment', 'console'],
  'src/inspector/web/': ['clock', 'timers', 'console'],
};

export function checkGlobals(tree: Tree): readonly Finding[] {
  return codeFiles(tree)
    .filter(([path]) => /^(src|machines|actors)\//.test(path))
    .flatMap(([path, text]) => {
      const findings: Finding[] = [];
      const owned = Object.entries(owners).flatMap(([prefix, list]) => (path.startsWith(prefix) ? list : []));
      walk(parse(path, text), (node, parent, property) => {
        const name = bannedName(node, parent, property);
        const kind = name === null ? undefined : kinds[name];
        if (kind !== undefined && !owned.includes(kind)) {
          findings.push(
            `${path}:${lineAt(text, node.start)} uses ${name}: take it from a port or an argument`,
          );
        }
      });
      return findings;
    });
}

function bannedName(node: SyntaxNode, parent: SyntaxNode | null, property: string): string | null {
  if (node.type === 'MemberExpression') {
    return memberName(node);
  }
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const { callee, arguments: given } = node;
    const isNow = node.type === 'CallExpression' || (Array.isArray(given) && given.length === 0);
    return isNow && nameOf(callee) === 'Date' ? 'new Date()' : null;
  }
  if (node.type === 'ImportDeclaration') {
    const { source } = node;
    return isNode(source) && typeof source.value === 'string' ? source.value : null;
  }
  return node.type === 'Identifier' && isReference(parent, property) ? nameOf(node) : null;
}

/** `Date.now`, `globalThis.setTimeout` and their like, by the name the table knows. */
function memberName(node: SyntaxNode): string | null {
  const { object, property } = node;
  const member = isNode(property) && typeof property.value === 'string' ? property.value : nameOf(property);
  return nameOf(object) === 'globalThis' ? member : `${nameOf(object)}.${member}`;
}

/** False where an identifier only names a property, a method or a type: `clock.setTimeout(…)` is what we want to see. */
function isReference(parent: SyntaxNode | null, property: string): boolean {
  if (
    parent === null ||
    /^(TS.*(Signature|TypeQuery|QualifiedName)|(Import|Export)Specifier)$/.test(parent.type)
  ) {
    return false;
  }
  const isKey = property === 'key' && /^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type);
  const isMember = property === 'property' && parent.type === 'MemberExpression';
  return parent.computed === true || !(isKey || isMember);
}

function nameOf(node: unknown): string | null {
  return isNode(node) && node.type === 'Identifier' && typeof node.name === 'string' ? node.name : null;
}
