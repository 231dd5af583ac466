/**
 * Members that do not keep to the protocol. The node behind each is an honest one, so that it is let in and stays; what
 * leaves it is another matter: some of its lines are spoilt, and now and then it says what nobody asked for.
 */
import { digestPayload, encodeMessage, encodeVersionLine, signPayload } from '../../protocol/index.ts';
import type { HelloMessage, Json, PeerEntry } from '../../protocol/types.ts';
import type { Lying, SimulatedNode } from '../world/simulated-node.ts';
import type { VirtualLink } from '../world/virtual-link.ts';
import type { Tamper } from '../world/virtual-transport.ts';
import type { World } from '../world/world.ts';
import type { Lie } from './action.ts';

/** Old payloads a replaying node keeps. */
const keptMax = 16;
const floodEntries = 64;
const echoes = 12;
/** Of three numbers, a forking leader signs one twice. */
const forkEvery = 3;
const someHash = 'ab'.repeat(32);

const honestly: Tamper = (line) => [line];

/** How a node lies. */
export function lyingOf(how: Lie, world: World, node: SimulatedNode): Lying {
  switch (how) {
    case 'replay':
      return { spoil: honestly, unasked: () => replayed(world, node) };
    case 'forge':
      return { spoil: honestly, unasked: () => [forged(world, node)] };
    case 'fork':
      world.expectsForks = true;
      return { spoil: forking(world, node) };
    case 'garbage':
      return { spoil: honestly, unasked: () => (world.random.chance(0.2) ? [noise(world)] : []) };
    case 'silence':
      return { spoil: without(world, ['version']) };
    case 'mute':
      return { spoil: onlyGreeting(world) };
    case 'flood':
      return { spoil: honestly, unasked: () => [flood(world, node), flood(world, node)] };
    case 'echo':
      return { spoil: echoing(world) };
    case 'boast':
      return { spoil: honestly, unasked: () => [boast(world, node)] };
    case 'impersonate':
      return { spoil: honestly, unasked: () => (world.random.chance(0.2) ? [stolenName(world, node)] : []) };
    case 'expel':
      return { spoil: expelling(world) };
  }
}

/** Old payloads, each once more. */
function replayed(world: World, node: SimulatedNode): Uint8Array[] {
  const kept = node.store.history({ limit: keptMax });
  const old = world.random.pick(kept);
  if (old === undefined) return [];
  const { payload, signature, leader_key } = old.signed;
  return [encodeVersionLine(digestPayload(payload).canonical, signature, leader_key ?? undefined)];
}

/** A payload that the leader did not sign, in one of the ways in which somebody could try. */
function forged(world: World, node: SimulatedNode): Uint8Array {
  const membership = node.store.membership();
  if (membership === null) return noise(world);
  const { payload, signature, leader_key } = membership.signed;
  const next = { ...payload, seq: membership.current.seq + 1 + world.random.below(3) };
  const own = node.fingerprint;
  const lines = [
    // Another number, another text, under a signature that was made for something else.
    () => version(next, signature, leader_key),
    () => version({ ...payload, params: [] }, signature, leader_key),
    // Signed by the forger: under the leader's name, under the leader's key, and as its own leader.
    () => encodeMessage({ type: 'version', ...signPayload(next, node.signer).signed }),
    () => version(next, signPayload(next, node.signer).signed.signature, leader_key),
    () => encodeMessage({ type: 'version', ...signPayload({ ...next, leader_fp: own }, node.signer).signed }),
    // The true payload under a wrong signature: what is refused then must not stick to the true one.
    () => version(payload, '00'.repeat(64), leader_key),
  ];
  return world.random.pick(lines)?.() ?? noise(world);
}

function version(payload: { readonly [key: string]: Json }, signature: string, leaderKey: string | null) {
  return encodeVersionLine(digestPayload(payload).canonical, signature, leaderKey ?? undefined);
}

function noise(world: World): Uint8Array {
  const kinds = [
    () => world.random.bytes(1 + world.random.below(200)),
    () => Buffer.from('{"type":"hello"'),
    () => Buffer.from('{"type":"version","payload":{},"signature":"00"}'),
    () => Buffer.from('{"type":"peers","entries":{"__proto__":[]}}'),
    () => Buffer.from('{"type":"gossip","of":"tomorrow"}'),
  ];
  // A newline would end the line early.
  return (world.random.pick(kinds)?.() ?? Buffer.from('x')).map((byte) => (byte === 10 ? 11 : byte));
}

/** Addresses at which nobody is, for members and for strangers. */
function flood(world: World, node: SimulatedNode): Uint8Array {
  const entries = Array.from({ length: floodEntries }, (): PeerEntry => {
    const member = world.random.pick(world.nodes) ?? node;
    const addresses = Array.from({ length: 4 }, () => {
      const [one = 0, other = 0, port = 0] = world.random.bytes(3);
      return `172.16.${one}.${other}:${1_024 + port}`;
    });
    return { fingerprint: member.fingerprint, addresses, last_seen: '2026-05-07T12:00:00Z' };
  });
  return encodeMessage({ type: 'peers', entries });
}

/** Says that it holds what nobody has published, so that others wait for it. */
function boast(world: World, node: SimulatedNode): Uint8Array {
  const ahead = world.random.pick([1, 2, 1_000, 2 ** 52]) ?? 1;
  return helloOf(node, { our_seq: (node.onDisk?.seq ?? 1) + ahead, our_payload_hash: someHash });
}

/** A hello under somebody else's name, the leader's as often as not. */
function stolenName(world: World, node: SimulatedNode): Uint8Array {
  const victim = world.random.chance(0.5) ? world.leader : (world.random.pick(world.nodes) ?? world.leader);
  return helloOf(node, { our_fingerprint: victim.fingerprint, our_role: 'leader' });
}

function helloOf(node: SimulatedNode, changes: Partial<HelloMessage>): Uint8Array {
  const membership = node.store.membership();
  return encodeMessage({
    type: 'hello',
    grove_id: membership?.groveId ?? '00000000-0000-0000-0000-000000000000',
    our_seq: membership?.current.seq ?? 0,
    our_payload_hash: membership?.current.hash ?? '',
    our_role: 'follower',
    our_fingerprint: node.fingerprint,
    protocol_version: 1,
    nonce: node.context?.input.boot ?? '1',
    push: 'version',
    ...changes,
  });
}

/** Answers whoever greets it that it is out. */
function expelling(world: World): Tamper {
  return (line) =>
    typeOf(world, line) === 'hello' && world.random.chance(0.5)
      ? [encodeMessage({ type: 'abort', reason: { other: 'revoked' } })]
      : [line];
}

function without(world: World, types: readonly string[]): Tamper {
  return (line) => (types.includes(typeOf(world, line) ?? '') ? [] : [line]);
}

/** Greets, and never says anything else. */
function onlyGreeting(world: World): Tamper {
  const greeted = new WeakSet<VirtualLink>();
  return (line, link) => {
    if (greeted.has(link) || typeOf(world, line) !== 'hello') return [];
    greeted.add(link);
    return [line];
  };
}

/** Says everything a dozen times over. */
function echoing(world: World): Tamper {
  return (line) =>
    world.random.chance(0.5) ? Array.from({ length: echoes }, (): Uint8Array => line) : [line];
}

/** Only the leader can: half of its peers get another payload under the same number, signed all the same. */
function forking(world: World, node: SimulatedNode): Tamper {
  const twins = new Map<string, Uint8Array>();
  return (line, link) => {
    const message = world.shared.work.parseMessage(line);
    if (!message.ok || message.value.type !== 'version' || link.peer.node % 2 === 0) return [line];
    const { payload } = message.value;
    // The number that ends a fork is signed once.
    if (Number(payload.seq) % forkEvery !== 0) return [line];
    const name = String(payload.seq);
    const twin = twins.get(name) ?? twinOf(payload, node);
    twins.set(name, twin);
    return [twin];
  };
}

function twinOf(payload: Parameters<typeof signPayload>[0], node: SimulatedNode): Uint8Array {
  const params = [{ name: 'greeting', kind: 'text', value: 'what the others are told' }];
  const { signed } = signPayload({ ...payload, params }, node.signer);
  return encodeMessage({ type: 'version', ...signed });
}

function typeOf(world: World, line: Uint8Array): string | null {
  const message = world.shared.work.parseMessage(line);
  return message.ok ? message.value.type : null;
}
