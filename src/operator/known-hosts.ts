/** The nodes a user has met: `$XDG_STATE_HOME/seedling/known_hosts`, one `<address> <fingerprint>` a line. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isFingerprint, normaliseAddress } from '../protocol/index.ts';
import { OperatorError } from './operator-error.ts';

export const knownHostsFileName = 'known_hosts';

export interface KnownHosts {
  /** The fingerprint remembered for an address, or null. */
  find(address: string): string | null;
  /** Remembers it durably, in place of what was remembered for the address. */
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
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const temporary = `${path}.${process.pid}.new`;
      writeFileSync(temporary, `${[...kept, `${address} ${fingerprint}`].join('\n')}\n`, { mode: 0o600 });
      renameSync(temporary, path);
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
    throw new OperatorError('local_files', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
