#!/usr/bin/env node
/**
 * `npm run build`: compiles src, machines and actors into dist/, builds the inspector's page, and marks the programs of package.json's `bin`
 * executable. `--if-stale` does nothing when dist/ was built from exactly these sources. The new tree is
 * built beside the old one and takes its place in one rename, so a running program never sees half of one.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sourceRooms = ['src', 'machines', 'actors'];
const sourceFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build-page.mjs',
  'scripts/draw-machines.mjs',
  'scripts/machine-diagram.mjs',
];
const stampFile = join(root, 'dist', '.sources');

const sources = fingerprint();
const isFresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sources;
if (process.argv.includes('--if-stale') && isFresh) {
  process.exit(0);
}
build();

function build() {
  const compiler = findCompiler();
  const fresh = join(root, `dist.${process.pid}`);
  const old = join(root, `dist.${process.pid}.old`);
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    stdio: 'inherit',
  });
  const page = join(root, 'scripts/build-page.mjs');
  const status =
    run.status || spawnSync(process.execPath, [page, fresh], { cwd: root, stdio: 'inherit' }).status;
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
  for (const program of Object.values(readManifest().bin)) {
    chmodSync(join(fresh, program.replace(/^dist\//, '')), 0o755);
  }
  writeFileSync(join(fresh, '.sources'), sources);
  if (existsSync(join(root, 'dist'))) {
    renameSync(join(root, 'dist'), old);
  }
  renameSync(fresh, join(root, 'dist'));
  rmSync(old, { recursive: true, force: true });
}

/** @returns {{ bin: Record<string, string> }} */
function readManifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

/** The TypeScript compiler's script. It is a development dependency, so a production install lacks it. */
function findCompiler() {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve('typescript/package.json');
    return join(dirname(manifest), require(manifest).bin.tsc);
  } catch {
    console.error(
      'build: TypeScript is not installed. Run `npm ci` first, then `npm prune --omit=dev` if wanted.',
    );
    process.exit(1);
  }
}

/** SHA-256 over the names and contents of everything the build reads. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = sourceRooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [...files.sort(), ...sourceFiles.map((name) => join(root, name))]) {
    const content = readFileSync(file);
    hash.update(`${file.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return `${hash.digest('hex')}\n`;
}
