/** Where and with what a run was made: a figure without this is a rumour. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.mjs';
import { milliseconds, nowNs } from './time.mjs';

const root = new URL('../../', import.meta.url);
const bench = new URL('../', import.meta.url);

/** Plain data about the machine, the system, Node and every package that takes part. */
export function describeMachine() {
  return {
    date: new Date().toISOString(),
    revision: revision(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    loadBefore: Math.round(loadavg()[0] * 100) / 100,
    os: `${type()} ${release()} ${process.arch}`,
    node: process.version,
    temporaryFiles: { fileSystem: fileSystemOf(tmpdir()), flushMs: flushMs() },
    packages: { ...versions(root), ...versions(bench) },
  };
}

/** The versions of the direct dependencies as they are installed, not as they are asked for. */
function versions(directory) {
  const manifest = JSON.parse(readFileSync(new URL('package.json', directory), 'utf8'));
  const found = {};
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const installed = new URL(`node_modules/${name}/package.json`, directory);
    found[name] = JSON.parse(readFileSync(installed, 'utf8')).version;
  }
  return found;
}

function revision() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
  } catch {
    return 'not a git checkout';
  }
}

const fileSystems = {
  16914836: 'tmpfs',
  61267: 'ext',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
};

function fileSystemOf(directory) {
  const kind = statfsSync(directory).type;
  return fileSystems[kind] ?? `0x${kind.toString(16)}`;
}

/** How long this disk takes to make 4 KiB durable: the floor under every durable publish. */
function flushMs() {
  const directory = mkdtempSync(join(tmpdir(), 'grove-bench-'));
  try {
    const file = openSync(join(directory, 'flush'), 'w');
    const samples = [];
    for (let round = 0; round < 50; round += 1) {
      const startNs = nowNs();
      writeSync(file, Buffer.alloc(4_096, round));
      fdatasyncSync(file);
      samples.push(milliseconds(startNs, nowNs()));
    }
    closeSync(file);
    return Math.round(median(samples) * 1000) / 1000;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
