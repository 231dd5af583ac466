/** A member played by the test: it holds the key of a node that does not run, and says what the test wants. */
import type { Link } from '../../src/ports/transport.ts';
import { digestPayload, signPayload } from '../../src/protocol/index.ts';
import type { Json } from '../../src/protocol/types.ts';
import type { MemoryTransport } from '../support/memory-network.ts';
import { addressOf, signerOf, type TestGrove, type TestNode } from './test-grove.ts';

type Fields = { readonly [name: string]: Json };

export class HandMadePeer {
  readonly transport: MemoryTransport;
  /** Messages that came, oldest first. */
  readonly received: Fields[] = [];
  /** How the last link ended: who, code, reason. */
  end: readonly [string, number | null, string] | null = null;
  readonly #grove: TestGrove;
  #link: Link | null = null;

  /** With another `host`, it is a second process with the key of a node. */
  constructor(grove: TestGrove, number: number, host = number) {
    this.#grove = grove;
    this.transport = grove.network.attach(signerOf(number).fingerprint, addressOf(host));
    this.transport.setTrust(() => null);
  }

  get fingerprint(): string {
    return this.transport.fingerprint;
  }

  /** Dials a node and lets the link come up. */
  dial(node: TestNode): void {
    const { address, fingerprint } = node.transport;
    this.transport.dial(
      { address, fingerprint },
      { connected: (link) => this.#take(link), failed: () => undefined },
    );
    this.#grove.advance(20);
  }

  /** Takes the next link somebody dials to us. */
  listen(): void {
    this.transport.listen((link) => this.#take(link));
  }

  say(message: object): void {
    this.#link?.send(Buffer.from(JSON.stringify(message)));
    // Long enough for an answer, and less than what a node waits before it asks for a payload.
    this.#grove.advance(10);
  }

  hello(node: TestNode, change: Fields = {}): void {
    this.say({
      type: 'hello',
      grove_id: node.context.standing?.groveId ?? '',
      our_seq: node.seq,
      our_payload_hash: node.hash,
      our_role: 'follower',
      our_fingerprint: this.fingerprint,
      protocol_version: 1,
      nonce: 7,
      push: 'version',
      ...change,
    });
  }

  hangUp(code = 0, reason = 'the test is over'): void {
    this.#link?.close(code, reason);
    this.#grove.advance(20);
  }

  #take(link: Link): void {
    this.#link = link;
    this.end = null;
    link.open({
      line: (bytes) => this.received.push(JSON.parse(Buffer.from(bytes).toString('utf8'))),
      malformed: () => undefined,
      closed: ({ by, code, reason }) => {
        this.end = [by, code, reason];
      },
    });
  }
}

/** The payload a node holds with some fields changed, signed with the key of another node: the leader's, mostly. */
export function forged(node: TestNode, change: Fields, signer = signerOf(1)) {
  const payload: Fields = { ...node.store.membership()?.signed.payload, ...change };
  return {
    hash: digestPayload(payload).hash,
    message: { type: 'version' as const, ...signPayload(payload, signer).signed },
  };
}
