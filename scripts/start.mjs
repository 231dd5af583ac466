#!/usr/bin/env node
/**
 * `npm start`: builds when the sources changed, then runs the three-node demo in this very process, so that Ctrl-C
 * reaches it and its exit code is npm's. For that the script in package.json begins with `exec`: a shell left in between
 * would be interrupted as well, and npm would report that and not how the demo ended.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const build = fileURLToPath(new URL('build.mjs', import.meta.url));
// The demo's own output may be read by a program: what the compiler says goes to stderr.
const built = spawnSync(process.execPath, [build, '--if-stale'], { stdio: ['ignore', 2, 'inherit'] });
if (built.status !== 0) process.exit(built.status ?? 1);
const demo = new URL('../dist/src/demo/main.js', import.meta.url);
await import(demo.href);
