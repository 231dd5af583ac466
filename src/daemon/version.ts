/** The version of the package, read once from its package.json. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let known: string | null = null;

export function packageVersion(): string {
  known ??= read(dirname(fileURLToPath(import.meta.url)));
  return known;
}

/** The sources and the compiled files lie at different depths below package.json. */
function read(directory: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      version: string;
    };
    return version;
  } catch (error) {
    const parent = dirname(directory);
    if (parent === directory) throw error;
    return read(parent);
  }
}
