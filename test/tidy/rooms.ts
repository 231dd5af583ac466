/** Which room may import what. The table is the architecture; the check holds the code to it. */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { codeFiles, type Finding, isNode, lineAt, parse, type SyntaxNode, type Tree, walk } from './tree.ts';

interface Room {
  readonly rooms: readonly string[];
  /** Package names; `@scope/*` for a whole scope, `node:*` for Node's own modules, `*` for any package without an owner. */
  readonly packages: readonly string[];
}

const rooms: { readonly [room: string]: Room } = {
  'src/protocol': { rooms: [], packages: ['@noble/*', 'canonicalize'] },
  'src/files': { rooms: [], packages: ['node:*'] },
  'src/ports': { rooms: ['src/protocol'], packages: [] },
  machines: { rooms: ['src/protocol'], packages: ['xstate'] },
  actors: { rooms: ['machines', 'src/protocol', 'src/ports'], packages: ['xstate', 'nanoid'] },
  'src/transport': { rooms: ['src/files', 'src/protocol', 'src/ports'], packages: ['*', 'node:*'] },
  'src/store': { rooms: ['src/files', 'src/protocol', 'src/ports'], packages: ['*', 'node:*'] },
  'src/apps': { rooms: ['src/files', 'src/protocol', 'src/ports'], packages: ['*', 'node:*'] },
  'src/operator': {
    rooms: ['src/files', 'src/protocol', 'src/ports', 'src/transport', 'src/apps'],
    packages: ['*', 'node:*'],
  },
  // In a browser: nothing of Node, and of the server only what both say to each other.
  'src/inspector/web': {
    rooms: ['src/inspector/charts'],
    packages: ['preact', '@preact/*', 'uplot', 'uqr', '@fontsource-variable/*'],
  },
  'src/inspector/charts': { rooms: [], packages: ['xstate', 'elkjs'] },
  'src/inspector': {
    rooms: ['machines', 'src/files', 'src/protocol', 'src/ports', 'src/operator'],
    packages: ['*', 'node:*'],
  },
  'src/simulation': {
    rooms: ['machines', 'actors', 'src/protocol', 'src/ports', 'src/store', 'src/inspector'],
    packages: ['*', 'node:*'],
  },
  'src/cli': {
    rooms: ['src/protocol', 'src/ports', 'src/operator', 'src/transport', 'src/apps'],
    packages: ['*', 'node:*'],
  },
  'src/daemon': {
    rooms: [
      'src/files',
      'machines',
      'actors',
      'src/protocol',
      'src/ports',
      'src/transport',
      'src/store',
      'src/operator',
      'src/apps',
      'src/inspector',
    ],
    packages: ['*', 'node:*'],
  },
  'src/demo': {
    rooms: [
      'src/files',
      'machines',
      'actors',
      'src/protocol',
      'src/ports',
      'src/transport',
      'src/store',
      'src/operator',
      'src/daemon',
      'src/cli',
    ],
    packages: ['*', 'node:*'],
  },
};

/** Interfaces that a lower room implements for a higher one. Their types may be imported from anywhere. */
const contracts = new Set(['src/operator/control.ts', 'src/transport/types.ts']);

/** What two rooms say to each other: types and constants, for both. */
const agreements = new Set(['src/inspector/contract.ts']);

/** Packages that one room hides from all others. */
const owners: { readonly [name: string]: string } = {
  '@matrixai/quic': 'src/transport',
  'better-sqlite3': 'src/store',
};

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
  readonly line: number;
}

export function checkImports(tree: Tree): readonly Finding[] {
  return codeFiles(tree).flatMap(([path, text]) => {
    const name = roomOf(path);
    if (name === null) {
      return /^(src|machines|actors)\//.test(path)
        ? [`${path}:1 is in no room that test/tidy/rooms.ts knows`]
        : [];
    }
    return importsOf(path, text).flatMap((found) => {
      const complaint = judge(path, name, found);
      return complaint === null ? [] : [`${path}:${found.line} ${complaint}`];
    });
  });
}

function judge(path: string, name: string, { specifier, isType }: Import): string | null {
  const room = rooms[name];
  if (room === undefined) {
    return null;
  }
  if (!specifier.startsWith('.')) {
    return judgePackage(name, room, specifier);
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  const targetRoom = roomOf(target);
  if (targetRoom === name || agreements.has(target) || (isType && contracts.has(target))) {
    return null;
  }
  if (targetRoom === null || !room.rooms.includes(targetRoom)) {
    return `imports ${target}: ${name} may import ${[...room.rooms, ...room.packages].join(', ') || 'nothing'}`;
  }
  return isType || posix.basename(target) === 'index.ts'
    ? null
    : `imports ${target}: values of another room come through its index.ts`;
}

function judgePackage(name: string, room: Room, specifier: string): string | null {
  if (builtinModules.includes(specifier)) {
    return `imports ${specifier}: write node:${specifier}`;
  }
  const [scope = '', rest = ''] = specifier.split('/');
  const isBuiltin = specifier.startsWith('node:');
  const packageName = scope.startsWith('@') ? `${scope}/${rest}` : scope;
  const owner = owners[packageName];
  if (owner !== undefined) {
    return owner === name ? null : `imports ${packageName}: only ${owner} may`;
  }
  const allowed = isBuiltin ? ['node:*'] : [packageName, `${scope}/*`, '*'];
  return room.packages.some((entry) => allowed.includes(entry))
    ? null
    : `imports ${specifier}: ${name} may import ${[...room.rooms, ...room.packages].join(', ') || 'nothing'}`;
}

function roomOf(path: string): string | null {
  return Object.keys(rooms).find((room) => path.startsWith(`${room}/`)) ?? null;
}

function importsOf(path: string, text: string): readonly Import[] {
  const found: Import[] = [];
  walk(parse(path, text), (node) => {
    const source = sourceOf(node);
    if (source !== null) {
      found.push({ specifier: source, isType: isTypeOnly(node), line: lineAt(text, node.start) });
    }
  });
  return found;
}

/** What an import, a re-export, an `import()` or an `import('…').Type` names; null for everything else. */
function sourceOf(node: SyntaxNode): string | null {
  if (
    !/^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression|TSImportType)$/.test(
      node.type,
    )
  ) {
    return null;
  }
  const { source, argument } = node;
  const literal = isNode(source) ? source : argument;
  const { value } = isNode(literal) ? literal : { value: null };
  return typeof value === 'string' ? value : null;
}

function isTypeOnly(node: SyntaxNode): boolean {
  const { specifiers } = node;
  return (
    node.type === 'TSImportType' ||
    node.importKind === 'type' ||
    node.exportKind === 'type' ||
    (Array.isArray(specifiers) &&
      specifiers.length > 0 &&
      specifiers.every((one) => isNode(one) && (one.importKind === 'type' || one.exportKind === 'type')))
  );
}
