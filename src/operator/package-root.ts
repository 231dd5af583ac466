/** Where the package is installed: the sources and the compiled files lie at different depths below it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let known: string | null = null;
let version: string | null = null;

export function packageRoot(): string {
  known ??= find(dirname(fileURLToPath(import.meta.url)));
  return known;
}

/** The package's own, read once. */
export function packageVersion(): string {
  version ??= (
    JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly version: string }
  ).version;
  return version;
}

function find(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('the package has no package.json: install it again');
  return find(parent);
}
