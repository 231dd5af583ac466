/**
 * Gossip's links on the shared endpoint: one connection, one client-initiated bidirectional stream, one JSON
 * object per line. What the lines say is the protocol's business.
 */
import type { DialFailure, Link, LinkTransport, TrustVerdict } from '../ports/transport.ts';
import { closeCodes } from '../protocol/index.ts';
import { dialableAddresses } from './dialable-addresses.ts';
import { GroveLink, type LinkRenewal, type LinkSettings } from './grove-link.ts';
import { systemTimers, type TransportTimers } from './timers.ts';
import type { Connection, Endpoint, Stream } from './types.ts';

export const groveAlpn = 'bes.grove/1';

export interface GroveLinksOptions {
  /** Addresses others can dial that this machine cannot know of, best first. */
  readonly advertise?: readonly string[];
  /** Inbound connections at once. */
  readonly connectionsMax?: number;
  /** An inbound connection must open its stream this long after the handshake. */
  readonly firstStreamMs?: number;
  /** How long the peer has, after our last line, to finish its side. */
  readonly closeGraceMs?: number;
  readonly renewal?: LinkRenewal;
  readonly timers?: TransportTimers;
}

export interface GroveLinks extends LinkTransport {
  /** Links that are open, on both sides. */
  linkCount(): number;
  /** Takes the protocol off the endpoint. Open links stay until they or the endpoint close. */
  unregister(): void;
}

const connectionsMaxDefault = 256;
const firstStreamMsDefault = 5_000;
const closeGraceMsDefault = 1_000;
/** One stream, and room to notice a second one. */
const streamsPerConnectionMax = 2;

// t[impl link.renewal]
/** A connection is replaced before a peer that completed a handshake can wear it out. */
export const linkRenewalDefault: LinkRenewal = { ageMsMax: 24 * 60 * 60_000, bytesMax: 64 * 1_048_576 };

export function createGroveLinks(endpoint: Endpoint, options: GroveLinksOptions = {}): GroveLinks {
  const { timers = systemTimers, firstStreamMs = firstStreamMsDefault } = options;
  const links = new LinkSet({
    timers,
    closeGraceMs: options.closeGraceMs ?? closeGraceMsDefault,
    renewal: options.renewal ?? linkRenewalDefault,
  });
  let judge: (fingerprint: string) => TrustVerdict = () => ({
    code: closeCodes.unauthorised,
    reason: 'not a member',
  });
  let listener: ((link: Link) => void) | null = null;

  const registration = endpoint.register({
    alpn: groveAlpn,
    trust: (fingerprint) => judge(fingerprint),
    connectionsMax: options.connectionsMax ?? connectionsMaxDefault,
    streamsPerConnectionMax,
    accept: (connection) =>
      links.awaitStream(connection, firstStreamMs, (link) => {
        if (listener === null) link.close(closeCodes.busy, 'not listening');
        else listener(link);
      }),
  });

  return {
    addresses: () => dialableAddresses(endpoint.listening, options.advertise),
    listen: (accept) => {
      listener = accept;
      return () => {
        if (listener === accept) listener = null;
      };
    },
    dial: ({ address, fingerprint }, handler) =>
      endpoint.dial(
        { alpn: groveAlpn, address, fingerprint },
        {
          connected: (connection) => {
            const link = links.openStream(connection);
            if (link === null) handler.failed(noStream(address));
            else handler.connected(link);
          },
          failed: (failure) => handler.failed(failure),
        },
      ),
    // t[impl link.trust]
    setTrust: (next) => {
      judge = next;
      links.settle((fingerprint) => judge(fingerprint) === null);
      registration.recheck();
    },
    linkCount: () => links.size,
    unregister: () => registration.unregister(),
  };
}

/** The open links, and how a connection becomes one. */
class LinkSet {
  readonly #settings: LinkSettings;
  readonly #links = new Set<GroveLink>();

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#links.size;
  }

  openStream(connection: Connection): GroveLink | null {
    const stream = connection.openStream('bidirectional');
    if (stream === null) {
      connection.close(closeCodes.protocolError, 'no stream is allowed');
      return null;
    }
    const link = this.#make(connection, stream);
    connection.onStream((extra) => link.extraStream(extra));
    return link;
  }

  // t[impl link.inbound]
  /** An inbound link is there when its stream is: the client's first line opens it. */
  awaitStream(connection: Connection, withinMs: number, found: (link: GroveLink) => void): void {
    const { timers } = this.#settings;
    const timer = timers.setTimeout(() => {
      connection.close(closeCodes.protocolError, 'no stream was opened in time');
    }, withinMs);
    connection.onClosed(() => timers.clearTimeout(timer));
    let link: GroveLink | null = null;
    connection.onStream((stream) => {
      timers.clearTimeout(timer);
      if (link !== null) return link.extraStream(stream);
      if (stream.kind === 'bidirectional') {
        link = this.#make(connection, stream);
        found(link);
        return;
      }
      stream.reset(closeCodes.protocolError);
      connection.close(closeCodes.protocolError, 'a bidirectional stream was expected');
    });
  }

  /** Links of ours that are closing and not trusted any more end at once, for the reason they were closed with. */
  settle(isTrusted: (fingerprint: string) => boolean): void {
    for (const link of this.#links) if (!isTrusted(link.fingerprint)) link.settle();
  }

  #make(connection: Connection, stream: Stream): GroveLink {
    const link: GroveLink = new GroveLink(connection, stream, this.#settings, () => this.#links.delete(link));
    this.#links.add(link);
    return link;
  }
}

function noStream(address: string): DialFailure {
  return { kind: 'refused', code: null, detail: `${address} allows no stream` };
}
