/** What a member may tell of others: payloads it never delivers, addresses that lead elsewhere. */
import { createSocket, type Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/protocol/index.ts';
import { createEphemeralIdentity, type Endpoint, type Identity } from '../../src/transport/index.ts';
import {
  expectService,
  growth,
  growthBytesMax,
  type HostileGrove,
  startGrove,
  statusOf,
} from './hostile-node.ts';
import { greet, type HostilePeer, honestHello, hostileEndpoint, nextLine } from './hostile-peer.ts';

let grove: HostileGrove;
let insider: Identity;
let endpoint: Endpoint;

beforeAll(async () => {
  grove = await startGrove(1);
  const [identity] = grove.insiders;
  if (identity === undefined) throw new Error('no insider');
  insider = identity;
  endpoint = await hostileEndpoint(insider);
});

afterAll(async () => {
  await endpoint.close();
  await grove.stop();
});

const hello = (): { readonly [field: string]: Json } => honestHello(grove, insider);

describe('a member that announces what it never delivers', () => {
  /** A hello that claims to hold the payload `ahead` numbers from `from` on. */
  function lie(from: number, ahead: number): string {
    const our_payload_hash = ahead.toString(16).padStart(64, '0');
    return JSON.stringify({ ...hello(), our_seq: from + 1_000 + ahead, our_payload_hash, push: 'hello' });
  }

  // g[verify gossip.pull]
  it('is asked no more often than it lies, and costs no memory', async () => {
    const announce = async (count: number): Promise<void> => {
      const peer = await greet(endpoint, grove.member, hello());
      const { current_seq } = await statusOf(grove.member);
      for (let ahead = 0; ahead < count; ahead += 1) peer.send(lie(current_seq, ahead));
      await expectService(grove);
      const answers = peer.lines.waitingValues.filter(({ type }) => type === 'hello').length;
      expect(answers).toBeLessThanOrEqual(count + 10);
      await peer.close();
    };
    expect(await growth(grove.member, 4, () => announce(5_000))).toBeLessThan(growthBytesMax);
    await expectService(grove);
  });

  // g[verify gossip.pull]
  it('cannot keep a long payload, which others announce, from anybody', async () => {
    const peer = await greet(endpoint, grove.member, { ...hello(), push: 'hello' });
    await expectService(grove);
    const { current_seq } = await statusOf(grove.member);
    // By this round of announcements the honest links have heard what the member holds, and owe it nothing.
    while ((await nextLine(peer, 'hello')).our_seq !== current_seq);
    let lying = true;
    const liar = (async () => {
      for (let ahead = 0; lying; ahead += 1) {
        peer.send(lie(current_seq, ahead));
        await nextLine(peer, 'hello');
      }
    })();
    const { seq } = (await grove.leader.request('/grove/params/set', {
      name: 'long-text',
      kind: 'text',
      value: 'x'.repeat(20_000),
    })) as { seq: number };
    await grove.member.logged(({ msg, seq: applied }) => msg === 'grove.payload-applied' && applied === seq);
    lying = false;
    await peer.close();
    peer.lines.put({ type: 'hello' });
    await liar;
    await grove.leader.request('/grove/params/unset', { name: 'long-text' });
    await expectService(grove);
  });
});

describe('hints of a member', () => {
  const lastSeen = '2026-05-07T12:00:00Z';

  /** A socket on loopback that counts who knocks. */
  async function trap(): Promise<{ socket: Socket; port: number; knocked: Promise<void>; knocks(): number }> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    let knocks = 0;
    const knocked = new Promise<void>((resolve) =>
      socket.on('message', () => {
        knocks += 1;
        resolve();
      }),
    );
    return { socket, port: socket.address().port, knocked, knocks: () => knocks };
  }

  function tell(peer: HostilePeer, entries: readonly (readonly [fingerprint: string, ...string[]])[]): void {
    const told = entries.map(([fingerprint, ...addresses]) => ({
      fingerprint,
      addresses,
      last_seen: lastSeen,
    }));
    peer.send(JSON.stringify({ type: 'peers', entries: told }));
  }

  // g[verify hint.members] g[verify hint.addresses] g[verify hint.flood] g[verify dial.literals]
  it('lead to no dial of strangers and of addresses nobody should dial, and to one of a member', async () => {
    const absent = createEphemeralIdentity().fingerprint;
    await grove.leader.request('/grove/invite', { fingerprint: absent, label: 'absent' });
    await expectService(grove);
    const [forbidden, allowed] = [await trap(), await trap()];
    const peer = await greet(endpoint, grove.member, hello());
    const strangers = Array.from({ length: 64 }, () => createEphemeralIdentity().fingerprint);
    for (let repetition = 0; repetition < 20; repetition += 1) {
      tell(
        peer,
        strangers.map((fingerprint) => [fingerprint, `127.0.0.1:${forbidden.port}`]),
      );
    }
    tell(peer, [
      [absent, `localhost:${forbidden.port}`, `0.0.0.0:${forbidden.port}`, `127.1:${forbidden.port}`],
      [absent, `0x7f000001:${forbidden.port}`, `2130706433:${forbidden.port}`, '127.0.0.1:70000'],
      [absent, '224.0.0.1:9', '255.255.255.255:9', '[fe80::1]:9', '[ff02::1]:9'],
      [absent, '127.0.0.1:0', '127.0.0.1', '', '\u0000'],
      [absent, grove.member.address],
    ]);
    tell(peer, [[absent, `127.0.0.1:${allowed.port}`]]);
    await allowed.knocked;
    await expectService(grove);
    expect(forbidden.knocks()).toBe(0);
    await peer.close();
    for (const { socket } of [forbidden, allowed]) socket.close();
  });

  // g[verify message.peers]
  it.each([
    ['65 entries', 65, 1],
    ['five addresses', 1, 5],
  ])('end the link as protocol_error when there are too many: %s', async (_name, entries, addresses) => {
    const peer = await greet(endpoint, grove.member, hello());
    const entry: [string, ...string[]] = ['ab'.repeat(32), ...Array<string>(addresses).fill('127.0.0.1:9')];
    tell(peer, Array(entries).fill(entry) as [string, ...string[]][]);
    expect(await peer.closed).toMatchObject({ by: 'peer', code: 2 });
    await expectService(grove);
  });
});
