/**
 * The key of the command line on the node's own machine: `local.key` in the data directory, made by the daemon,
 * readable only by the user it runs as, and authorised without an entry. Who may read the data directory may
 * operate the node.
 */
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../files/index.ts';
import { type Identity, IdentityError, loadIdentityFile } from '../transport/index.ts';
import { type Environment, localKeyFileName, unreadable, userStateDirectory } from './data-directory.ts';
import { OperatorError } from './operator-error.ts';

// i[impl local.key]
/** For the daemon, at every start: makes the key when it is missing. Returns the fingerprint to authorise. Throws `IdentityError`. */
export function ensureLocalOperatorKey(dataDirectory: string): string {
  return loadIdentityFile(join(dataDirectory, localKeyFileName)).fingerprint;
}

/** For the command line: never makes a key, since the node would not know it. Throws `OperatorError`. */
export function readLocalOperatorKey(dataDirectory: string): Identity {
  const path = join(dataDirectory, localKeyFileName);
  const load = () => {
    accessSync(path, constants.R_OK);
    return loadIdentityFile(path);
  };
  return asOperatorError(load, (cause) => unreadable(path, dataDirectory, cause));
}

/** The user's own key, for nodes elsewhere: made at first use, in a directory of the user's own. Throws `OperatorError`. */
export function loadUserKey(environment: Environment): Identity {
  const path = join(userStateDirectory(environment), 'client.key');
  const load = () => {
    makeDirectory(dirname(path), 0o700);
    return loadIdentityFile(path);
  };
  return asOperatorError(
    load,
    (cause) =>
      `your own key ${path} cannot be made or read (${(cause as Error).message}): set XDG_STATE_HOME to a directory of yours`,
  );
}

function asOperatorError(load: () => Identity, describe: (cause: unknown) => string): Identity {
  try {
    return load();
  } catch (cause) {
    const message = cause instanceof IdentityError ? cause.message : describe(cause);
    throw new OperatorError('local_files', message, { cause });
  }
}
