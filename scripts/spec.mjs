#!/usr/bin/env node
/**
 * `npm run spec`: holds docs/spec, code and tests together. A rule is a paragraph that starts
 * `**g[area.name]** …`; the code that implements it carries `g[impl …]` in a comment, the test that shows it
 * `g[verify …]`. Prints what is missing on either side and exits 1; `--json` prints the whole table.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The letter of a rule's id says which book it is in. */
const books = { t: 'transport.md', g: 'grove.md', i: 'operator.md', w: 'inspector.md' };
const codeRooms = ['src', 'machines', 'actors', 'migrations'];
const testRooms = ['test'];
const codeFile = /\.(ts|tsx|mjs|sql|css|html)$/;

const ruleStart = /^\*\*([a-z]+)\[([^\]]*)\]\*\*(.*)$/;
const idPattern = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/;
const reference = /(?<![\w$])([tgiw])\[(impl|verify)(?:\s+([^\]]*))?\]/g;

/**
 * @typedef {{ file: string, line: number }} Place
 * @typedef {{ id: string, text: string, file: string, line: number, impl: Place[], verify: Place[] }} Rule
 * @typedef {{ kind: 'malformed' | 'duplicate' | 'wrong-book' | 'unknown' | 'misplaced' | 'no-impl' | 'no-verify',
 *   id: string, file: string, line: number, message: string }} Problem
 */

/**
 * Reads the rules and every reference to them under `root`.
 * @param {string} root the project's folder
 * @returns {{ rules: Rule[], problems: Problem[] }} `problems` is empty when all is well
 */
export function checkSpec(root) {
  /** @type {Problem[]} */
  const problems = [];
  const rules = readRules(root, problems);
  for (const file of listFiles(root, codeRooms)) {
    readReferences(root, file, 'impl', rules, problems);
  }
  for (const file of listFiles(root, testRooms)) {
    readReferences(root, file, 'verify', rules, problems);
  }
  for (const rule of rules.values()) {
    const { id, file, line } = rule;
    if (rule.impl.length === 0) {
      problems.push({ kind: 'no-impl', id, file, line, message: 'no code implements it' });
    }
    if (rule.verify.length === 0) {
      problems.push({ kind: 'no-verify', id, file, line, message: 'no test verifies it' });
    }
  }
  return { rules: [...rules.values()], problems };
}

/**
 * @param {string} root
 * @param {Problem[]} problems
 */
function readRules(root, problems) {
  /** @type {Map<string, Rule>} */
  const rules = new Map();
  for (const [letter, name] of Object.entries(books)) {
    const file = `docs/spec/${name}`;
    for (const [index, text] of readLines(join(root, file)).entries()) {
      const match = ruleStart.exec(text);
      if (match === null) {
        continue;
      }
      const [, book, name = '', rest = ''] = match;
      const id = `${book}[${name}]`;
      const line = index + 1;
      const known = rules.get(id);
      if (!idPattern.test(name) || rest.trim() === '') {
        problems.push({ kind: 'malformed', id, file, line, message: 'write `**g[area.name]** The rule.`' });
      } else if (book !== letter) {
        problems.push({
          kind: 'wrong-book',
          id,
          file,
          line,
          message: `rules of this file start with ${letter}[`,
        });
      } else if (known !== undefined) {
        problems.push({ kind: 'duplicate', id, file, line, message: `already stands at line ${known.line}` });
      } else {
        rules.set(id, { id, text: rest.trim(), file, line, impl: [], verify: [] });
      }
    }
  }
  return rules;
}

/**
 * Adds the references in one file to their rules. Code may only implement and tests may only verify.
 * @param {string} root
 * @param {string} file
 * @param {'impl' | 'verify'} expected
 * @param {Map<string, Rule>} rules
 * @param {Problem[]} problems
 */
function readReferences(root, file, expected, rules, problems) {
  for (const [index, text] of readLines(join(root, file)).entries()) {
    for (const [, book, verb, name = ''] of text.matchAll(reference)) {
      const id = `${book}[${name}]`;
      const line = index + 1;
      const rule = rules.get(id);
      if (verb !== expected) {
        problems.push({
          kind: 'misplaced',
          id,
          file,
          line,
          message: `only \`${expected}\` belongs in this folder`,
        });
      } else if (rule === undefined) {
        problems.push({ kind: 'unknown', id, file, line, message: 'docs/spec has no such rule' });
      } else {
        rule[expected].push({ file, line });
      }
    }
  }
}

/**
 * @param {string} root
 * @param {readonly string[]} rooms
 * @returns {string[]} paths relative to the root, with forward slashes, in order
 */
function listFiles(root, rooms) {
  return rooms
    .filter((room) => existsSync(join(root, room)))
    .flatMap((room) => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && codeFile.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** @param {string} path */
function readLines(path) {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}

/** @param {readonly string[]} options */
function main(options) {
  const result = checkSpec(fileURLToPath(new URL('..', import.meta.url)));
  if (options.includes('--json')) {
    console.log(JSON.stringify(result, null, 2));
  } else {
    for (const { file, line, id, message } of result.problems) {
      console.log(`${file}:${line}  ${id}  ${message}`);
    }
    console.log(`${result.rules.length} rules, ${result.problems.length} problems`);
  }
  process.exitCode = result.problems.length === 0 && result.rules.length > 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2));
}
