/** A member that keeps no rules: the shared transport on its side, and on the link whatever a test wants to say. */
import { createHash, sign } from 'node:crypto';
import type { LinkClosed } from '../../src/ports/transport.ts';
import { type Json, type PayloadSigner, type SignedPayload, signPayload } from '../../src/protocol/index.ts';
import {
  type Connection,
  createEndpoint,
  type Endpoint,
  type Identity,
  type Stream,
} from '../../src/transport/index.ts';
import { Inbox } from '../transport/fixture.ts';
import type { HostileGrove, NodeProcess } from './hostile-node.ts';

export const groveAlpn = 'bes.grove/1';

export type Line = { readonly type: string } & { readonly [field: string]: Json };

export interface HostilePeer {
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  readonly stream: Stream;
  /** What the node says, in order. */
  readonly lines: Inbox<Line>;
  readonly closed: Promise<LinkClosed>;
  /** Text gets its line end, bytes go as they are. */
  send(line: string | Uint8Array): void;
  close(): Promise<void>;
}

/** An endpoint that may have as much under way as a test needs. */
export function hostileEndpoint(identity: Identity): Promise<Endpoint> {
  return createEndpoint({
    identity,
    listen: ['127.0.0.1:0'],
    limits: { streamBufferedBytesMax: 32 * 1_048_576 },
  });
}

export function dialNode(
  endpoint: Endpoint,
  node: Pick<NodeProcess, 'address' | 'fingerprint'>,
  alpn = groveAlpn,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    endpoint.dial(
      { alpn, address: node.address, fingerprint: node.fingerprint },
      { connected: resolve, failed: (failure) => reject(new Error(failure.detail)) },
    );
  });
}

/** Connects and opens the stream; the node sees it with the first byte that is sent. */
export async function openLink(
  endpoint: Endpoint,
  node: Pick<NodeProcess, 'address' | 'fingerprint'>,
): Promise<HostilePeer> {
  const connection = await dialNode(endpoint, node);
  const closed = new Promise<LinkClosed>((resolve) => connection.onClosed(resolve));
  const stream = connection.openStream('bidirectional');
  if (stream === null) throw new Error('no stream');
  const lines = new Inbox<Line>();
  let rest = '';
  stream.open({
    data: (bytes) => {
      const parts = (rest + Buffer.from(bytes).toString('utf8')).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) lines.put(JSON.parse(part) as Line);
    },
    // Whoever is told to go, and goes, is told why at once.
    end: () => stream.end(),
    aborted: () => {},
  });
  return {
    endpoint,
    connection,
    stream,
    lines,
    closed,
    send: (line) => void stream.write(typeof line === 'string' ? Buffer.from(`${line}\n`) : line),
    close: async () => {
      connection.close(0, '');
      await closed;
    },
  };
}

/** What this key would say honestly about itself while it holds an old payload. */
export function honestHello(grove: HostileGrove, identity: Identity): { readonly [field: string]: Json } {
  return {
    type: 'hello',
    grove_id: grove.groveId,
    our_seq: 1,
    our_payload_hash: 'ab'.repeat(32),
    our_role: 'follower',
    our_fingerprint: identity.fingerprint,
    protocol_version: 1,
    nonce: 77,
  };
}

/** The next line of this type; others are thrown away. */
export async function nextLine(peer: HostilePeer, type: string): Promise<Line> {
  for (;;) {
    const line = await peer.lines.next();
    if (line.type === type) return line;
  }
}

/** Connects, says hello and has heard the node's. */
export async function greet(
  endpoint: Endpoint,
  node: NodeProcess,
  hello: { readonly [field: string]: Json },
): Promise<HostilePeer> {
  const peer = await openLink(endpoint, node);
  peer.send(JSON.stringify(hello));
  await nextLine(peer, 'hello');
  return peer;
}

export function signerOf({ privateKey, publicKey }: Identity): PayloadSigner {
  return {
    publicKey,
    sign: (message) => sign(null, message, privateKey).toString('hex'),
    sha256: (message) => createHash('sha256').update(message).digest('hex'),
  };
}

/** A payload as a thief of the key would sign it. */
export function signedBy(identity: Identity, payload: { readonly [key: string]: Json }): SignedPayload {
  return signPayload(payload, signerOf(identity)).signed;
}

export function versionLine({ payload, signature, leader_key }: SignedPayload): string {
  return JSON.stringify({ type: 'version', payload, signature, leader_key });
}
