/**
 * How news travels a link: when a payload is owed to a peer, and what a hello says. Pushing runs along a tree with
 * lazy links, after Plumtree (Leitão, Pereira, Rodrigues, "Epidemic Broadcast Trees", 2007).
 */
import { protocolVersion } from './judge-hello.ts';
import { nilUuid } from './names.ts';
import type { HelloMessage, PushMode, Role, Version } from './types.ts';

/** What is known about news on one link. */
export interface LinkNews {
  /** The newest payload we can send, and the bytes of its line. Seq 0 when there is none. */
  readonly newest: { readonly version: Version; readonly lineBytes: number };
  /** What the peer holds, as far as it said or sent us. */
  readonly theirs: Version;
  /** The last payload sent over this link. */
  readonly sent: Version | null;
  /** What our last hello claimed. */
  readonly told: Version | null;
  /** How the peer wants its news. */
  readonly theyWant: PushMode;
  /** The peer asked for payloads after it had asked for announcements, or again with nothing new to claim. */
  readonly grafted: boolean;
  /** The peer never says how: it is sent whole payloads. */
  readonly lacksPush: boolean;
  /** A payload whose line has more bytes is announced first. */
  readonly announceFirstBytes: number;
}

export function sameVersion(left: Version | null, right: Version | null): boolean {
  return left !== null && right !== null && left.seq === right.seq && left.hash === right.hash;
}

/**
 * Whether the newest payload is to be sent over this link now. The occasion matters for long payloads: where none was
 * sent before they are announced, and go out only in answer to a hello that came after the announcement, or to a graft.
 */
export function owesPayload(news: LinkNews, occasion: 'verified' | 'greeting' | 'hello'): boolean {
  const { version, lineBytes } = news.newest;
  if (version.seq === 0 || version.seq < news.theirs.seq || sameVersion(version, news.theirs)) return false;
  // g[impl gossip.once]
  if (sameVersion(version, news.sent)) return false;
  // g[impl gossip.fork]
  if (version.seq === news.theirs.seq) return true;
  // g[impl gossip.joiner]
  if (news.theirs.seq === 0 && occasion !== 'verified') return true;
  if (news.lacksPush) return true;
  if (news.theyWant !== 'version') return false;
  // g[impl gossip.announce-first]
  if (lineBytes <= news.announceFirstBytes) return true;
  if (occasion === 'hello') return news.grafted || sameVersion(news.told, version);
  return occasion === 'verified' && isBranch(news);
}

// g[impl gossip.branch]
/** Whether a link is a branch of the tree: the last payload sent over it was wanted, or the peer would have said so. */
export function isBranch(news: Pick<LinkNews, 'sent' | 'grafted' | 'lacksPush'>): boolean {
  return news.sent !== null || news.grafted || news.lacksPush;
}

// g[impl gossip.announce-first]
/** Whether a payload goes over a link as soon as it is verified, as far as is known without asking what the peer holds. */
export function goesAtOnce(
  lineBytes: number,
  link: { readonly push: PushMode; readonly branch: boolean },
  announceFirstBytes: number,
): boolean {
  return link.push === 'version' && (link.branch || lineBytes <= announceFirstBytes);
}

/** Whether a payload just stored is announced at once over a link, instead of with the next round of announcements. */
export function announcesAtOnce(lineBytes: number, theyWant: PushMode, announceFirstBytes: number): boolean {
  return theyWant === 'version' && lineBytes > announceFirstBytes;
}

/** What a node says of itself in a hello. */
export interface HelloSelf {
  /** Null while joining. */
  readonly groveId: string | null;
  readonly version: Version;
  readonly role: Role;
  readonly fingerprint: string;
  /** Decimal digits, below 2^53. */
  readonly boot: string;
}

export function helloFrom(self: HelloSelf, push: PushMode): HelloMessage {
  return {
    type: 'hello',
    grove_id: self.groveId ?? nilUuid,
    our_seq: self.version.seq,
    our_payload_hash: self.version.hash,
    our_role: self.role,
    our_fingerprint: self.fingerprint,
    protocol_version: protocolVersion,
    nonce: self.boot,
    push,
  };
}
