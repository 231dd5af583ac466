/**
 * Members that do not keep to the protocol. The node behind each is an honest one, so that it is let in and stays; what
 * leaves it is another matter.
 */
import { encodeMessage, signPayload } from '../../protocol/index.ts';
import type { PeerEntry } from '../../protocol/types.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { Tamper, VirtualLink } from '../world/virtual-transport.ts';
import type { World } from '../world/world.ts';
import type { Lie } from './action.ts';

/** Old payloads a replaying node keeps. */
const keptMax = 16;
const floodEntries = 64;

export function tamperFor(how: Lie, world: World, node: SimulatedNode): Tamper {
  switch (how) {
    case 'silence':
      return (line) => (typeOf(world, line) === 'version' ? [] : [line]);
    case 'replay':
      return replaying(world);
    case 'forge':
      return (line) => (typeOf(world, line) === 'version' ? [forged(line), line] : [line]);
    case 'garbage':
      return (line) => (world.random.chance(0.2) ? [noise(world), line] : [line]);
    case 'flood':
      return (line) => (typeOf(world, line) === 'peers' ? [flood(world, node), flood(world, node)] : [line]);
    case 'fork':
      world.expectsForks = true;
      return forking(world, node);
  }
}

/** Sends every payload it ever sent once more, before the newest. */
function replaying(world: World): Tamper {
  const old: Uint8Array[] = [];
  return (line) => {
    if (typeOf(world, line) !== 'version') return [line];
    const before = [...old];
    old.push(line);
    if (old.length > keptMax) old.shift();
    return [...before, line];
  };
}

/** Another text under a signature that was made for this one. */
function forged(line: Uint8Array): Uint8Array {
  const text = Buffer.from(line).toString('utf8');
  return Buffer.from(text.replace(/"label":"n/, '"label":"x'));
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

/** Only the leader can: half of its peers get another payload under the same number, signed all the same. */
function forking(world: World, node: SimulatedNode): Tamper {
  const twins = new Map<string, Uint8Array>();
  return (line, link: VirtualLink) => {
    const message = world.shared.work.parseMessage(line);
    if (!message.ok || message.value.type !== 'version' || link.peer.node % 2 === 0) return [line];
    const { payload } = message.value;
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
