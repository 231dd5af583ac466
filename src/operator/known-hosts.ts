/** The nodes a user has met: `$XDG_STATE_HOME/seedling/known_hosts`, one `<address> <fingerprint>` a line. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory, replaceFileDurably } from '../files/index.ts';
import { isFingerprint, normaliseAddress } from '../protocol/index.ts';
import { OperatorError } from './operator-error.ts';

export const knownHostsFileName = 'known_hosts';

export interface KnownHosts {
  /** The fingerprint remembered for an address, or null. */
  find(address: string): string | null;
  /** Remembers it durably, in place of what was remembered for the address. Throws `OperatorError`, as `find` does. */
  remember(address: string, fingerprint: string): void;
}

// i[impl hosts.file]
/** Lines that are not an address and a fingerprint are left alone. */
export function openKnownHosts(path: string): KnownHosts {
  return {
    find: (address) => {
      for (const line of readLines(path)) {
        const [host = '', fingerprint = ''] = line.trim().split(/\s+/);
        if (normaliseAddress(host) === address && isFingerprint(fingerprint)) return fingerprint;
      }
      return null;
    },
    remember: (address, fingerprint) => {
      const kept = readLines(path).filter(
        (line) => normaliseAddress(line.trim().split(/\s+/)[0] ?? '') !== address,
      );
      write(path, `${[...kept, `${address} ${fingerprint}`].join('\n')}\n`);
    },
  };
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unusable(path, 'read', cause);
  }
}

function write(path: string, text: string): void {
  try {
    makeDirectory(dirname(path), 0o700);
    replaceFileDurably(path, Buffer.from(text), 0o600);
  } catch (cause) {
    throw unusable(path, 'written', cause);
  }
}

function unusable(path: string, how: string, cause: unknown): OperatorError {
  const message = `${path} cannot be ${how} (${(cause as Error).message}): check its owner and permissions, or set XDG_STATE_HOME to a directory of yours`;
  return new OperatorError('local_files', message, { cause });
}
