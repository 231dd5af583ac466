/** What a command line on the same machine reads from a node's data directory, and where that directory is by default. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { isFingerprint, parseAddress } from '../protocol/index.ts';
import { OperatorError } from './operator-error.ts';

export const addressFileName = 'oi.address';
export const fingerprintFileName = 'oi.fingerprint';
export const localKeyFileName = 'local.key';
/** The address of the inspector's page with its token, while the node serves it. */
export const inspectorUrlFileName = 'inspector.url';

export type Environment = { readonly [name: string]: string | undefined };

// i[impl local.directory]
/** `$SEEDLING_DATA_DIR`; else, for root, `/var/lib/seedling`; else a directory of the user's own. */
export function defaultDataDirectory(environment: Environment, userId: number | undefined): string {
  const named = environment.SEEDLING_DATA_DIR;
  if (named !== undefined && named !== '') return named;
  return userId === 0 ? '/var/lib/seedling' : join(userStateDirectory(environment), 'node');
}

/** `$XDG_STATE_HOME/seedling`: the user's own key and known hosts. */
export function userStateDirectory(environment: Environment): string {
  const state = environment.XDG_STATE_HOME;
  if (state?.startsWith('/')) return join(state, 'seedling');
  // An empty HOME would put the key wherever the command happens to run.
  const home = environment.HOME?.startsWith('/') ? environment.HOME : userInfo().homedir;
  return join(home, '.local', 'state', 'seedling');
}

/** Throws `OperatorError` when no node has ever run there, or the file is not its. */
export function readNodeFingerprint(directory: string): string {
  const fingerprint = readNodeFile(directory, fingerprintFileName).trim();
  if (isFingerprint(fingerprint)) return fingerprint;
  throw new OperatorError(
    'local_files',
    `${join(directory, fingerprintFileName)} holds no fingerprint: restart the node`,
  );
}

/** The addresses the node listens on, as this machine can dial them. Throws like `readNodeFingerprint`. */
export function readNodeAddresses(directory: string): readonly string[] {
  const lines = readNodeFile(directory, addressFileName).split('\n').slice(0, 64);
  const addresses = lines.flatMap((line) => dialableHere(line.trim()) ?? []);
  if (addresses.length > 0) return addresses;
  throw new OperatorError(
    'local_files',
    `${join(directory, addressFileName)} holds no address: restart the node`,
  );
}

/** Where the page of a running node is, token included. Throws `OperatorError` when the node serves none. */
export function readInspectorUrl(directory: string): string {
  readNodeAddresses(directory);
  const path = join(directory, inspectorUrlFileName);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing
      ? `the node of ${directory} serves no page: start it with seedlingd --inspect`
      : unreadable(path, directory, cause);
    throw new OperatorError('local_files', message, { cause });
  }
}

/** A wildcard address is one to listen on; from this machine it is reached over loopback. */
function dialableHere(text: string): string | null {
  const address = parseAddress(text);
  if (address === null) return null;
  if (address.kind !== 'unspecified') return text;
  return address.family === 4 ? `127.0.0.1:${address.port}` : `[::1]:${address.port}`;
}

function readNodeFile(directory: string, name: string): string {
  const path = join(directory, name);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OperatorError('local_files', unreadable(path, directory, cause), { cause });
  }
}

/** Says what to do about a file of the data directory that cannot be read. */
export function unreadable(path: string, directory: string, cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    return (
      `no node is running in ${directory} (there is no ${path}): start one with seedlingd --data-dir ${directory}, ` +
      'or name the right one with --data-dir DIR or --host ADDR:PORT'
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `${path} is not yours to read: run this as the user that runs seedlingd, for instance with sudo`;
  }
  return `${path} cannot be read: ${(cause as Error).message}`;
}
