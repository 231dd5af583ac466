/** The project's own rules, held against its files. Each check is also shown a defect, because one that cannot fail proves nothing. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  checkDependencies,
  checkErrorCodes,
  checkMachineEvents,
  checkOperatorEvents,
  checkProblemCodes,
} from './tidy/documents.ts';
import { checkGlobals } from './tidy/globals.ts';
import { checkLinks } from './tidy/links.ts';
import { checkPage } from './tidy/page.ts';
import {
  checkLockedPlatforms,
  checkMachinePaths,
  checkMigrations,
  checkPrograms,
  checkProvide,
  checkRegistryHosts,
} from './tidy/repository.ts';
import { checkImports } from './tidy/rooms.ts';
import { checkFileLengths, checkFunctionLengths } from './tidy/sizes.ts';
import { readTree, treeOf } from './tidy/tree.ts';

const project = readTree(fileURLToPath(new URL('..', import.meta.url)));

describe('the project', () => {
  it('is read whole', () => {
    expect(project.has('package.json')).toBe(true);
    expect([...project.keys()].filter((path) => path.startsWith('machines/')).length).toBeGreaterThan(5);
    expect([...project.keys()].filter((path) => /^(node_modules|dist|\.git)\//.test(path))).toEqual([]);
  });

  it.each([
    ['imports one way between its rooms, and packages only where they belong', checkImports],
    ['takes time, randomness and the environment from ports', checkGlobals],
    ['keeps files short', checkFileLengths],
    ['keeps functions short', checkFunctionLengths],
    ['provides machines in one file', checkProvide],
    ['never edits a migration', checkMigrations],
    ['has the programs it names', checkPrograms],
    ['lists in machines/README.md exactly the events of its actors', checkMachineEvents],
    ['lists in docs/reference/events.md exactly the events operators see', checkOperatorEvents],
    ['lists in docs/reference/errors.md exactly the codes of its code', checkErrorCodes],
    ['lists in docs/operating.md exactly the problems a node reports', checkProblemCodes],
    ['gives a reason for every dependency', checkDependencies],
    ['has no dead link between its pages', checkLinks],
    ['has a page without scripts and styles in its text', checkPage],
    ['names no path of one machine', checkMachinePaths],
    ['names no package registry', checkRegistryHosts],
    ['can be installed on every platform its packages know', checkLockedPlatforms],
  ])('%s', (_title, check) => {
    expect(check(project)).toEqual([]);
  });
});

describe('the check of imports', () => {
  it.each([
    ['a machine that reads files', 'machines/a.ts', "import { readFile } from 'node:fs';"],
    ['a machine that imports an actor', 'machines/a.ts', "import { b } from '../actors/index.ts';"],
    [
      'a machine that imports an actor late',
      'machines/a.ts',
      "const b = await import('../actors/index.ts');",
    ],
    ['a machine that re-exports an actor', 'machines/a.ts', "export * from '../actors/index.ts';"],
    ['a machine that names an actor in a type', 'machines/a.ts', "type B = import('../actors/index.ts').B;"],
    ['a machine that imports a port', 'machines/a.ts', "import type { Clock } from '../src/ports/index.ts';"],
    ['a rule that imports xstate', 'src/protocol/a.ts', "import { assign } from 'xstate';"],
    ['a rule in a folder that imports Node', 'src/protocol/deep/a.ts', "import { hash } from 'node:crypto';"],
    ['a port that imports its adapter', 'src/ports/a.ts', "import type { B } from '../transport/index.ts';"],
    [
      'quiche outside the transport',
      'src/daemon/a.ts',
      "import quiche from '@matrixai/quic/native/quiche.js';",
    ],
    ['SQLite outside the store', 'actors/a.ts', "import Database from 'better-sqlite3';"],
    ['the store in the transport', 'src/transport/a.ts', "import { open } from '../store/index.ts';"],
    ['a built-in module without its prefix', 'src/store/a.ts', "import { join } from 'path';"],
    ['Node in the page', 'src/inspector/web/a.tsx', "import { join } from 'node:path';"],
    ['the server in the page', 'src/inspector/web/a.tsx', "import { serve } from '../server.ts';"],
    ['a value that avoids the door', 'src/daemon/a.ts', "import { open } from '../store/open.ts';"],
    [
      'a value among types that avoids the door',
      'src/daemon/a.ts',
      "import { type A, b } from '../store/open.ts';",
    ],
    ['a value of a contract file', 'actors/a.ts', "import { b } from '../src/operator/control.ts';"],
    ['a file in no room', 'src/elsewhere/a.ts', 'export const a = 1;'],
  ])('finds %s', (_title, path, text) => {
    expect(checkImports(treeOf({ [path]: `${text}\n` }))).toEqual([
      expect.stringMatching(new RegExp(`^${path}:1 `)),
    ]);
  });

  it('lets types of contracts, doors and files of the same room pass', () => {
    const text = [
      "import type { NodeControl } from '../src/operator/control.ts';",
      "import type { Json } from '../src/protocol/types.ts';",
      "import { limits } from '../src/protocol/index.ts';",
      "import { b } from './b.ts';",
      "import { setup } from 'xstate';",
    ].join('\n');
    expect(checkImports(treeOf({ 'actors/a.ts': text }))).toEqual([]);
  });
});

describe('the check of globals', () => {
  it.each([
    'Date.now()',
    'new Date()',
    'Date()',
    'performance.now()',
    'setTimeout(run, 5)',
    'globalThis.setTimeout(run, 5)',
    'setInterval(run, 5)',
    'setImmediate(run)',
    '({ setTimeout })',
    'Math.random()',
    "Math['random']()",
    'process.env',
    'console.log(1)',
  ])('finds %s', (expression) => {
    expect(checkGlobals(treeOf({ 'actors/a.ts': `export const a = ${expression};\n` }))).toHaveLength(1);
  });

  it('finds timers that come in by an import', () => {
    const text = "import { setTimeout as wait } from 'node:timers/promises';\n";
    expect(checkGlobals(treeOf({ 'src/store/a.ts': text }))).toHaveLength(1);
  });

  it('lets a port of the same name pass, a date of a given time, and the rooms that own the world', () => {
    const port = 'clock.setTimeout(run, 5); const b = { setTimeout: c }; const d = new Date(5);';
    const types = 'interface Clock { setTimeout(run: () => void): number }';
    expect(checkGlobals(treeOf({ 'actors/a.ts': port, 'src/ports/a.ts': types }))).toEqual([]);
    expect(checkGlobals(treeOf({ 'src/daemon/a.ts': 'setTimeout(run, process.env.A);' }))).toEqual([]);
  });
});

describe('the checks of sizes', () => {
  it('find a file over 400 lines and let one of 400 pass', () => {
    const tree = treeOf({ 'src/store/long.ts': 'a;\n'.repeat(401), 'src/store/full.ts': 'a;\n'.repeat(400) });
    expect(checkFileLengths(tree)).toEqual([expect.stringContaining('src/store/long.ts:1 has 401 lines')]);
  });

  it.each([
    ['a function', (body: string) => `function a() {${body}}`],
    ['an arrow function', (body: string) => `const a = () => {${body}};`],
    ['a method', (body: string) => `class A { b() {${body}} }`],
    ['a test', (body: string) => `describe('a', () => { it('b', () => {${body}}); });`],
  ])('find %s over 70 lines and let one of 70 pass', (_title, wrap) => {
    const long = treeOf({ 'test/a.ts': wrap('\n'.repeat(70)) });
    const full = treeOf({ 'test/a.ts': wrap('\n'.repeat(69)) });
    expect(checkFunctionLengths(long)).toEqual([expect.stringContaining('a function of 71 lines')]);
    expect(checkFunctionLengths(full)).toEqual([]);
  });
});

describe('the check of function lengths', () => {
  it('lets chapters of tests be long', () => {
    const chapter = `export function contract() { describe('a', () => { it.each([1])('b', run);${'\n'.repeat(80)} }); }`;
    expect(checkFunctionLengths(treeOf({ 'test/a.ts': chapter }))).toEqual([]);
  });
});

describe('the checks of documents', () => {
  const events = "export type A = { readonly type: 'a.began' };\n";
  const messages = "export interface Hello { readonly type: 'hello' }\n";
  const code = { 'machines/events.ts': events, 'src/protocol/types.ts': messages };

  it('find an event without a row, and a row without an event', () => {
    const table = '# Events\n| `hello` | wire |\n| `b.ended` | nobody |\n';
    expect(checkMachineEvents(treeOf({ ...code, 'machines/README.md': table }))).toEqual([
      'machines/README.md:1 lacks a row for `a.began` of machines/*events.ts',
      'machines/README.md:3 lists `b.ended`, unknown to machines/*events.ts',
    ]);
  });

  it('let a matching table pass, and rows of other sections', () => {
    const table = '# Events\n| `hello` | wire |\n| `a.began` | us |\n\n# Files\n| `events.ts` | this |\n';
    expect(checkMachineEvents(treeOf({ ...code, 'machines/README.md': table }))).toEqual([]);
  });

  it('find a missing document and a code file that declares nothing', () => {
    expect(checkMachineEvents(treeOf(code))).toEqual(['machines/README.md:1 is missing']);
    expect(checkMachineEvents(treeOf({ 'machines/README.md': '# Events\n' }))).toHaveLength(1);
  });

  it('find an operator event without a row, and a row without an event', () => {
    const list = "export const groveEventTypes = ['grove.a', 'grove.b'] as const;\n";
    const table = '# Events\n| `grove.b` | |\n| `grove.c` | |\n';
    const tree = treeOf({ 'machines/grove-events.ts': list, 'docs/reference/events.md': table });
    expect(checkOperatorEvents(tree)).toEqual([
      expect.stringContaining('lacks a row for `grove.a`'),
      expect.stringContaining('docs/reference/events.md:3 lists `grove.c`'),
    ]);
  });

  it('find refusals, abort reasons and close codes that differ', () => {
    const types =
      "type ErrorCode = 'not_found' | 'internal'; type KnownAbortReason = 'late'; type OtherAbortReason = 'odd';";
    const table =
      '# Refusals\n| `not_found` | |\n# Abort reasons\n| `late` | |\n| `gone` | |\n# Close codes\n| 0 | `ok` | |\n# Exit codes\n| 0 | `done` | |\n';
    const tree = treeOf({
      'src/protocol/types.ts': types,
      'src/protocol/close-codes.ts': 'export const closeCodes = { ok: 0, shuttingDown: 7 } as const;',
      'src/cli/exit.ts': 'export const exitCodes = { done: 0, refused: 1 } as const;',
      'docs/reference/errors.md': table,
    });
    expect(checkErrorCodes(tree)).toEqual([
      expect.stringContaining('lacks a row for `internal`'),
      expect.stringContaining('lacks a row for `odd`'),
      expect.stringContaining('errors.md:5 lists `gone`'),
      expect.stringContaining('lacks a row for `shutting_down`'),
      expect.stringContaining('lacks a row for `refused`'),
    ]);
  });

  it('find a problem that is not explained, and one that is explained and never reported', () => {
    const tree = treeOf({
      'src/operator/control.ts': "export type ProblemCode = 'fork' | 'holding';",
      'docs/operating.md':
        '### Problems\n| `fork` | two |\n| `flood` | water |\n### Keys\n| `other` | no |\n',
    });
    expect(checkProblemCodes(tree)).toEqual([
      expect.stringContaining('lacks a row for `holding`'),
      expect.stringContaining('operating.md:3 lists `flood`'),
    ]);
  });

  it('find a link to a page or a heading that is not there', () => {
    const page = '# One page\n[a](b.md) [c](#one-page) [d](#two) [e](d/e.md#x) [f](https://example.org)\n';
    expect(checkLinks(treeOf({ 'docs/a.md': page, 'docs/d/e.md': '## X\n' }))).toEqual([
      'docs/a.md:2 links to docs/b.md, which does not exist',
      'docs/a.md:2 links to #two, which is no heading of docs/a.md',
    ]);
  });

  it('find a dependency without a reason, and a reason without a dependency', () => {
    const manifest = JSON.stringify({ dependencies: { one: '1' }, devDependencies: { two: '2' } });
    const table = '# Dependencies\n| `one` | because |\n| `three` | it was used once |\n';
    const tree = treeOf({ 'package.json': manifest, 'docs/decisions/dependencies.md': table });
    expect(checkDependencies(tree)).toEqual([
      expect.stringContaining('lacks a row for `two`'),
      expect.stringContaining('lists `three`'),
    ]);
  });
});

describe('the checks of the repository', () => {
  const first = 'CREATE TABLE a (b);\n';
  const checksums = JSON.stringify({ '0001-a.sql': createHash('sha256').update(first).digest('hex') });

  it('find an edited migration, a new one without a checksum, a gap and a lost file', () => {
    const good = { 'migrations/0001-a.sql': first, 'migrations/checksums.json': checksums };
    expect(checkMigrations(treeOf(good))).toEqual([]);
    expect(checkMigrations(treeOf({ ...good, 'migrations/0001-a.sql': `${first}-- tweaked\n` }))).toEqual([
      expect.stringContaining('was edited'),
    ]);
    expect(checkMigrations(treeOf({ ...good, 'migrations/0003-b.sql': first }))).toEqual([
      expect.stringContaining('must be number 2'),
      expect.stringContaining('lacks 0003-b.sql'),
    ]);
    expect(checkMigrations(treeOf({ 'migrations/checksums.json': checksums }))).toEqual([
      expect.stringContaining('0001-a.sql, which is gone'),
    ]);
  });

  it('find a second file that provides', () => {
    const text = 'export const a = machine.provide({ actors });\n';
    expect(checkProvide(treeOf({ 'src/daemon/a.ts': text, 'actors/provide.ts': text }))).toEqual([
      'src/daemon/a.ts:1 calls provide: only actors/provide.ts may',
    ]);
  });

  it('find a program that is missing or cannot be run', () => {
    const manifest = JSON.stringify({ bin: { a: 'dist/src/a.js', b: 'dist/src/b.js', c: 'dist/src/c.js' } });
    const tree = treeOf({
      'package.json': manifest,
      'src/a.ts': '#!/usr/bin/env node\n',
      'src/b.ts': 'run();\n',
    });
    expect(checkPrograms(tree)).toEqual([
      expect.stringContaining('src/b.ts:1'),
      expect.stringContaining('src/c.ts:1'),
    ]);
  });

  it('find a path of one machine, and let paths of a running node pass', () => {
    const text = `see ${['', 'home', 'ana', 'grove'].join('/')}\n/var/lib/seedling and src/work/a\n`;
    expect(checkMachinePaths(treeOf({ 'docs/a.md': text }))).toEqual([
      expect.stringContaining('docs/a.md:1 '),
    ]);
  });

  it('find a lock file without the packages of another platform', () => {
    const locked = (names: readonly string[]): string =>
      JSON.stringify({
        packages: {
          'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-darwin': '1' } },
          ...Object.fromEntries(names.map((name) => [name, { version: '1' }])),
        },
      });
    const whole = ['node_modules/a-linux', 'node_modules/a/node_modules/a-darwin'];
    expect(checkLockedPlatforms(treeOf({ 'package-lock.json': locked(whole) }))).toEqual([]);
    expect(checkLockedPlatforms(treeOf({ 'package-lock.json': locked(whole.slice(0, 1)) }))).toEqual([
      expect.stringContaining('lacks a-darwin'),
    ]);
    expect(checkLockedPlatforms(treeOf({}))).toHaveLength(1);
  });

  it('find a style and a script in the text of the page', () => {
    const tree = treeOf({
      'src/inspector/web/a.tsx': 'export const a = (\n  <p style={{ color: "red" }}>a</p>\n);\n',
      'src/inspector/web/index.html':
        '<script type="module" src="./a.ts"></script>\n<script>alert(1)</script>\n',
    });
    expect(checkPage(tree)).toEqual([
      'src/inspector/web/a.tsx:2 has style=: use a class',
      'src/inspector/web/index.html:2 has <script: put it into a file',
    ]);
  });

  it('find the host of a package registry', () => {
    const host = ['https:', '', 'registry.example.org', 'a.tgz'].join('/');
    const lock = `{ "version": "1",\n${'"resolved"'}: "${host}" }`;
    const settings = ['registry', host].join('=');
    expect(checkRegistryHosts(treeOf({ 'package-lock.json': lock, '.npmrc': settings }))).toEqual([
      expect.stringContaining('package-lock.json:2 '),
      expect.stringContaining('.npmrc:1 '),
    ]);
  });
});
