/** Which of a peer's links to keep. Both sides run this and must come to the same answer without talking. */
import { linkSilentMs } from './limits.ts';

export interface PeerLink {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  /** Both hellos were exchanged on it. */
  readonly greeted: boolean;
  /** Larger for links that were established later. */
  readonly order: number;
  /** Milliseconds since anything arrived on it. */
  readonly silentMs: number;
  /** The boot number of the peer's hello; null before it. */
  readonly boot: string | null;
}

export interface LinkChoice {
  /** The link to use; null while none is greeted. */
  readonly keep: string | null;
  /** Links to close as `duplicate`, after the grace that lets the peer come to the same answer. */
  readonly close: readonly string[];
}

// g[impl message.duplicate-links]
/**
 * Links that are not greeted are neither kept nor closed: a dial of ours is never cancelled because of theirs. `cloned`:
 * two processes are known to use the peer's key. Whoever is linked stays, or they would take each other's place for ever.
 */
export function judgeDuplicateLinks(
  links: readonly PeerLink[],
  ourFingerprint: string,
  theirFingerprint: string,
  { cloned = false }: { readonly cloned?: boolean } = {},
): LinkChoice {
  const greeted = links.filter((link) => link.greeted).sort((left, right) => left.order - right.order);
  // What leads to an earlier process of the peer is dead, whatever its direction: that process was killed.
  const boot = greeted.at(cloned ? 0 : -1)?.boot;
  const alive = greeted.filter((link) => link.boot === boot);
  const outbound = chooseOfOneDirection(alive.filter(({ direction }) => direction === 'outbound'));
  const inbound = chooseOfOneDirection(alive.filter(({ direction }) => direction === 'inbound'));
  const ourClientWins = ourFingerprint < theirFingerprint;
  const keep = ourClientWins ? (outbound ?? inbound) : (inbound ?? outbound);
  return {
    keep: keep?.id ?? null,
    close: greeted.filter((link) => link.id !== keep?.id).map(({ id }) => id),
  };
}

/** The newest replaces an older one that is silent; otherwise the older stays. */
function chooseOfOneDirection(byAge: readonly PeerLink[]): PeerLink | null {
  let kept: PeerLink | null = null;
  for (const link of byAge) if (kept === null || kept.silentMs >= linkSilentMs) kept = link;
  return kept;
}
