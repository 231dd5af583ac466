/** Every rule of docs/spec is implemented and verified; and the checker that says so finds each way it could be otherwise. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { checkSpec } from '../scripts/spec.mjs';

/** Written this way so that the checker does not take this file for one that carries references. */
const tag = (book: string, verb: string, name: string): string => `${book}[${verb} ${name}]`;

const good = {
  'docs/spec/grove.md': '# Grove\n\n**g[seq.order]** The higher number wins.\n',
  'docs/spec/transport.md': '**t[tls.mutual]** Both sides show a key.\n',
  'machines/a.ts': `// ${tag('g', 'impl', 'seq.order')}\n`,
  'src/transport/a.ts': `// ${tag('t', 'impl', 'tls.mutual')}\n`,
  'test/a.test.ts': `// ${tag('g', 'verify', 'seq.order')} ${tag('t', 'verify', 'tls.mutual')}\n`,
};

describe('the rules of the project', () => {
  it('are each implemented and verified, and nothing names a rule that is not there', () => {
    const { rules, problems } = checkSpec(fileURLToPath(new URL('..', import.meta.url)));
    expect(problems.map(({ file, line, id, message }) => `${file}:${line} ${id} ${message}`)).toEqual([]);
    expect(new Set(rules.map((rule) => rule.id[0]))).toEqual(new Set(['t', 'g', 'i', 'w']));
  });
});

describe('the checker of rules', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) {
      rmSync(folder, { recursive: true });
    }
  });

  function check(files: { readonly [path: string]: string }): ReturnType<typeof checkSpec> {
    const root = mkdtempSync(join(tmpdir(), 'grove-spec-'));
    folders.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return checkSpec(root);
  }

  it('joins rules with the places that implement and verify them, several on one line too', () => {
    const { rules, problems } = check(good);
    expect(problems).toEqual([]);
    expect(rules.find((rule) => rule.id === 'g[seq.order]')).toEqual({
      id: 'g[seq.order]',
      text: 'The higher number wins.',
      file: 'docs/spec/grove.md',
      line: 3,
      impl: [{ file: 'machines/a.ts', line: 1 }],
      verify: [{ file: 'test/a.test.ts', line: 1 }],
    });
  });

  it('reads SQL', () => {
    const sql = { 'migrations/0001-a.sql': `-- ${tag('g', 'impl', 'seq.order')}\n`, 'machines/a.ts': '' };
    expect(check({ ...good, ...sql }).problems).toEqual([]);
  });

  it.each([
    ['a rule nobody implements', 'no-impl', { 'machines/a.ts': '' }],
    ['a rule nobody verifies', 'no-verify', { 'test/a.test.ts': `// ${tag('t', 'verify', 'tls.mutual')}\n` }],
    ['code for a rule that is gone', 'unknown', { 'actors/a.ts': `// ${tag('g', 'impl', 'seq.old')}\n` }],
    [
      'a reference to the same name in another book',
      'unknown',
      { 'src/a.ts': `// ${tag('i', 'impl', 'seq.order')}\n` },
    ],
    [
      'a test of a rule that is gone',
      'unknown',
      { 'test/b.test.ts': `// ${tag('g', 'verify', 'seq.old')}\n` },
    ],
    ['a reference without an id', 'unknown', { 'src/a.ts': `// ${tag('g', 'impl', '')}\n` }],
    ['two ids in one reference', 'unknown', { 'src/a.ts': `// ${tag('g', 'impl', 'seq.order, seq.old')}\n` }],
    ['code that claims to verify', 'misplaced', { 'src/a.ts': `// ${tag('g', 'verify', 'seq.order')}\n` }],
    [
      'a test that claims to implement',
      'misplaced',
      { 'test/b.test.ts': `// ${tag('g', 'impl', 'seq.order')}\n` },
    ],
    [
      'a rule that stands twice',
      'duplicate',
      { 'docs/spec/grove.md': `${good['docs/spec/grove.md'].repeat(2)}` },
    ],
    [
      'a rule in the wrong book',
      'wrong-book',
      { 'docs/spec/operator.md': '**g[seq.other]** Wrong place.\n' },
    ],
    ['a rule without an area', 'malformed', { 'docs/spec/operator.md': '**i[ping]** No area.\n' }],
    ['a rule without words', 'malformed', { 'docs/spec/operator.md': '**i[ping.answer]**\n' }],
  ])('finds %s', (_title, kind, defect) => {
    expect(check({ ...good, ...defect }).problems).toEqual([expect.objectContaining({ kind })]);
  });
});
