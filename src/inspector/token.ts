/** The token of a data directory: who may read the file may open the page. */
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InspectorError } from './inspector-error.ts';

export const tokenFileName = 'inspector.token';

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

// w[impl access.token]
/** Made at first use. Throws `InspectorError` when the file is not the node's own secret. */
export function loadToken(dataDirectory: string): string {
  const path = join(dataDirectory, tokenFileName);
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, cause);
  }
  return readToken(path);
}

function readToken(path: string): string {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new InspectorError(`${path} is open to other users: delete it, and start the node again`);
    }
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw cause instanceof InspectorError ? cause : unusable(path, cause);
  }
  if (!tokenPattern.test(text)) {
    throw new InspectorError(`${path} holds no token: delete it, and start the node again`);
  }
  return text;
}

function unusable(path: string, cause: unknown): InspectorError {
  return new InspectorError(`${path} cannot be used: ${(cause as Error).message}`, { cause });
}
