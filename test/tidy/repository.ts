/** What the repository as a whole promises: migrations never change, nothing in it belongs to one machine, one file wires the machines. */
import { createHash } from 'node:crypto';
import { codeFiles, entriesOf, type Finding, isNode, lineAt, parse, type Tree, walk } from './tree.ts';

const migrationName = /^migrations\/(\d{4})-[a-z0-9-]+\.sql$/;

/** Migrations are numbered without a gap, and each still has the checksum it was shipped with. */
export function checkMigrations(tree: Tree): readonly Finding[] {
  const listing = 'migrations/checksums.json';
  const checksums: unknown = JSON.parse(tree.get(listing) ?? '{}');
  const expected = new Map(Object.entries(checksums ?? {}));
  const files = [...tree].filter(([path]) => path.startsWith('migrations/') && path.endsWith('.sql'));
  const findings = files.flatMap(([path, text], index) => {
    const name = path.slice('migrations/'.length);
    const number = Number(migrationName.exec(path)?.[1]);
    const sum = createHash('sha256').update(text).digest('hex');
    const known = expected.get(name);
    return [
      ...(number === index + 1 ? [] : [`${path}:1 must be number ${index + 1}, named 0000-like-this.sql`]),
      ...(known === undefined ? [`${listing}:1 lacks ${name}: add "${name}": "${sum}"`] : []),
      ...(known === undefined || known === sum
        ? []
        : [`${path}:1 was edited: undo it and write a new migration`]),
    ];
  });
  const names = new Set(files.map(([path]) => path.slice('migrations/'.length)));
  const stale = [...expected.keys()].filter((name) => !names.has(name));
  return [...findings, ...stale.map((name) => `${listing}:1 lists ${name}, which is gone`)];
}

/** Only actors/provide.ts puts the world into machines. Tests may put in what they like. */
export function checkProvide(tree: Tree): readonly Finding[] {
  return codeFiles(tree)
    .filter(([path]) => /^(src|machines|actors)\//.test(path) && path !== 'actors/provide.ts')
    .flatMap(([path, text]) => {
      const findings: Finding[] = [];
      walk(parse(path, text), (node) => {
        const callee = node.type === 'CallExpression' ? node.callee : null;
        const property = isNode(callee) && callee.type === 'MemberExpression' ? callee.property : null;
        if (isNode(property) && property.name === 'provide') {
          findings.push(`${path}:${lineAt(text, node.start)} calls provide: only actors/provide.ts may`);
        }
      });
      return findings;
    });
}

/** The programs of package.json's `bin` exist as sources and start with the line that makes them runnable. */
export function checkPrograms(tree: Tree): readonly Finding[] {
  const manifest: unknown = JSON.parse(tree.get('package.json') ?? '{}');
  const bin: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'bin') : null;
  return Object.values(bin ?? {}).flatMap((program: unknown) => {
    const source = String(program)
      .replace(/^dist\//, '')
      .replace(/\.js$/, '.ts');
    const starts = tree.get(source)?.startsWith('#!/usr/bin/env node\n') ?? false;
    return starts
      ? []
      : [`${source}:1 must exist and start with #!/usr/bin/env node: package.json names it in bin`];
  });
}

/** Folders of a person's or a build machine's own. Folders of a running node (/var/lib, /etc, /run) are fine. */
const machinePath = /(?<![\w.~$}/-])\/(?:home|Users|root|work|workspace|builds)\/[\w.-]+/g;

export function checkMachinePaths(tree: Tree): readonly Finding[] {
  return matches(tree, machinePath, (found) => `names ${found}, a path of one machine`);
}

const registryAddress = /"resolved":\s*"[^"]*"|https?:\/\/(?:registry|npm)\.[\w.-]+|^\s*registry\s*=.*$/gm;

/** Where packages are downloaded from is the business of whoever installs, so the lock file names no host. */
export function checkRegistryHosts(tree: Tree): readonly Finding[] {
  return matches(
    tree,
    registryAddress,
    (found) => `names where packages are downloaded from: ${found.trim()}`,
  );
}

/**
 * Every optional package a package of the lock file names is in the lock file too. npm leaves out those of other platforms when it
 * cannot fetch them, and `npm ci` then refuses to install.
 */
export function checkLockedPlatforms(tree: Tree): readonly Finding[] {
  const file = 'package-lock.json';
  const packages = new Map(entriesOf(JSON.parse(tree.get(file) ?? '{}'), 'packages'));
  if (packages.size === 0) {
    return [`${file}:1 lists no packages`];
  }
  return [...packages].flatMap(([path, entry]) =>
    entriesOf(entry, 'optionalDependencies')
      .filter(
        ([name]) => !packages.has(`node_modules/${name}`) && !packages.has(`${path}/node_modules/${name}`),
      )
      .map(([name]) => `${file}:1 lacks ${name}, an optional package of ${path}`),
  );
}

function matches(tree: Tree, pattern: RegExp, complaint: (found: string) => string): readonly Finding[] {
  return [...tree].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].map((match) => `${path}:${lineAt(text, match.index)} ${complaint(match[0])}`),
  );
}
