/**
 * Finding the processes of a run by a variable of their environment, which children inherit whatever group or session they
 * move to. Linux only: elsewhere no process is found. One that emptied its environment, or belongs to another user now, is not
 * found either.
 */
import { readdirSync, readFileSync } from 'node:fs';

export const runVariable = 'GROVE_RUN';

/** While one is found, it may have started another: look again, so many times. */
const passesMax = 8;

// i[impl app.leftover]
/** Kills every process that carries `mark`. Returns how many there were. Never throws. */
export function killMarked(mark: string): number {
  const killed = new Set<number>();
  for (let pass = 0; pass < passesMax; pass += 1) {
    const found = markedProcesses(mark).filter((pid) => !killed.has(pid));
    if (found.length === 0) break;
    for (const pid of found) {
      killed.add(pid);
      signalQuietly(pid, 'SIGKILL');
    }
  }
  return killed.size;
}

/** True when somebody was there to get it. */
export function signalQuietly(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    // Gone, or another user's by now: either way out of our hands.
    return false;
  }
}

function markedProcesses(mark: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const entry = Buffer.from(`${runVariable}=${mark}\0`);
  return processNumbers().filter((pid) => pid !== process.pid && carries(pid, entry));
}

function processNumbers(): readonly number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^[1-9]\d*$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function carries(pid: number, entry: Buffer): boolean {
  let environment: Buffer;
  try {
    environment = readFileSync(`/proc/${pid}/environ`);
  } catch {
    return false;
  }
  const at = environment.indexOf(entry);
  return at === 0 || (at > 0 && environment[at - 1] === 0);
}
