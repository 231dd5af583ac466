/** Tells a restarted peer from two machines that share one key, by the boot numbers in their hellos. */
import { bootHistoryMax } from './limits.ts';

export interface BootVerdict {
  /** The fingerprint's boot numbers, oldest first, to hand in the next time. */
  readonly history: readonly string[];
  /** An earlier boot number came back: a process does not return from the dead, so a second one holds the key. */
  readonly conflict: boolean;
}

// g[impl message.clone]
/**
 * Judges the boot number of a link's first hello. Announcements on a link that was greeted repeat the number
 * of their own process and are not handed in: an old link may speak once more after a restart.
 */
export function judgeBoot(history: readonly string[], nonce: string): BootVerdict {
  if (history.at(-1) === nonce) return { history, conflict: false };
  return { history: [...history, nonce].slice(-bootHistoryMax), conflict: history.includes(nonce) };
}
