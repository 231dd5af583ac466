/** One link as an actor, over real QUIC on loopback: the test holds the other end and writes lines by hand. */
import { describe, expect, it } from 'vitest';
import { type AnyEventObject, createActor, sendTo, setup } from 'xstate';
import { createLinkTable } from '../../actors/link-table.ts';
import type { GroveCounters, GroveParts } from '../../actors/parts.ts';
import { createPayloadShelf } from '../../actors/payload-shelf.ts';
import { plainWork } from '../../actors/payload-work.ts';
import { wireActor } from '../../actors/wire-actor.ts';
import type { PeerToWire } from '../../machines/peer-events.ts';
import type { Link, LinkClosed } from '../../src/ports/index.ts';
import { closeCodes, digestPayload, parseMessage } from '../../src/protocol/index.ts';
import { openStore } from '../../src/store/index.ts';
import { createGroveLinks } from '../../src/transport/index.ts';
import { exampleHello, examplePayload, noon, versionOf } from '../protocol/fixtures.ts';
import { afterThisTest, firstAddress, Inbox, startEndpoint, text } from '../transport/fixture.ts';

const at = '2026-05-07T12:00:00Z';

/** Two linked endpoints; the peer's end is in the test's hands. */
async function linkedPair() {
  const [near, far] = [await startEndpoint(), await startEndpoint()];
  const [nearLinks, farLinks] = [createGroveLinks(near), createGroveLinks(far)];
  for (const links of [nearLinks, farLinks]) links.setTrust(() => null);
  const accepted = new Inbox<Link>();
  farLinks.listen(accepted.put);
  const ours = await new Promise<Link>((resolve, reject) => {
    nearLinks.dial(
      { address: firstAddress(far), fingerprint: far.fingerprint },
      { connected: resolve, failed: ({ detail }) => reject(new Error(detail)) },
    );
  });
  return { ours, accepted };
}

/** What the wire needs of a node, and a supervisor-like parent that notes what it says. */
async function startWire() {
  const { ours, accepted } = await linkedPair();
  const store = openStore({ directory: ':memory:' });
  afterThisTest(() => store.close());
  const links = createLinkTable();
  links.put(ours);
  const counters: GroveCounters = { malformedLines: 0, unknownMessages: 0 };
  const shelf = createPayloadShelf(store, { fingerprint: '', publicKey: '' }, plainWork);
  const ports = { clock: { now: () => noon } };
  const parts = { links, shelf, counters, work: plainWork, ports } as unknown as GroveParts;
  const events = new Inbox<AnyEventObject>();
  const peer = setup({
    types: { events: {} as AnyEventObject },
    actors: { wire: wireActor(parts) },
    actions: { note: ({ event }) => events.put(event) },
  }).createMachine({
    initial: 'linked',
    states: {
      linked: {
        invoke: { src: 'wire', id: 'wire', input: { linkId: ours.id } },
        on: {
          leave: 'left',
          'to.wire': { actions: sendTo('wire', ({ event }) => event.event) },
          '*': { actions: 'note' },
        },
      },
      left: {},
    },
  });
  const actor = createActor(peer);
  actor.start();
  afterThisTest(() => actor.stop());
  const say = (event: PeerToWire) => actor.send({ type: 'to.wire', event });
  // The client's first line is what makes the link known to the other side.
  say(exampleHello());
  const theirs = await accepted.next();
  const lines = new Inbox<string>();
  const closed = new Promise<LinkClosed>((resolve) => {
    theirs.open({
      line: (bytes) => lines.put(Buffer.from(bytes).toString('utf8')),
      malformed: () => undefined,
      closed: resolve,
    });
  });
  const first = await lines.next();
  const leave = () => actor.send({ type: 'leave' });
  return { ours, theirs, lines, closed, first, say, leave, events, links, counters, shelf };
}

describe('a wire', () => {
  it('turns events into lines', async () => {
    const { first, say, lines } = await startWire();
    expect(parseMessage(text(first))).toEqual({ ok: true, value: exampleHello() });
    say({ type: 'abort', reason: { other: 'created_in_future' } });
    expect(await lines.next()).toBe('{"type":"abort","reason":{"other":"created_in_future"}}');
    say({ type: 'peers', entries: [] });
    expect(await lines.next()).toBe('{"type":"peers","entries":[]}');
  });

  it('turns lines into events, in order, and a hello gets the time it came', async () => {
    const { theirs, first, events } = await startWire();
    theirs.send(text(first));
    theirs.send(text('{"type":"abort","reason":"seq_regression"}'));
    expect(await events.next()).toEqual({ ...exampleHello(), at });
    expect(await events.next()).toEqual({ type: 'abort', reason: 'seq_regression' });
  });

  // g[verify gossip.unknown-message]
  it('counts messages of unknown types and goes on', async () => {
    const { theirs, events, counters } = await startWire();
    theirs.send(text('{"type":"weather","sky":"blue"}'));
    theirs.send(text('{"type":"peers","entries":[]}'));
    expect(await events.next()).toEqual({ type: 'peers', entries: [] });
    expect(counters).toEqual({ malformedLines: 0, unknownMessages: 1 });
    expect(events.waitingValues).toEqual([]);
  });

  // g[verify gossip.malformed]
  it('reports a line that is no message, and counts it', async () => {
    const { theirs, events, counters } = await startWire();
    theirs.send(text('{"type":"hello"}'));
    expect(await events.next()).toEqual({
      type: 'wire.malformed',
      detail: "the hello message's grove_id is missing or not as it must be",
    });
    expect(counters).toEqual({ malformedLines: 1, unknownMessages: 0 });
  });

  // g[verify gossip.malformed]
  it('reports a line that is too long while it grows, and then the end of its link', async () => {
    const { theirs, events, counters, closed } = await startWire();
    theirs.send(text(`{"type":"hello","x":"${'x'.repeat(5_000)}"}`));
    expect(await events.next()).toMatchObject({ type: 'wire.malformed' });
    expect(counters.malformedLines).toBe(1);
    expect(await events.next()).toMatchObject({
      type: 'wire.closed',
      by: 'us',
      code: closeCodes.protocolError,
      at,
    });
    expect(await closed).toMatchObject({ by: 'peer', code: closeCodes.protocolError });
  });

  // g[verify gossip.version-line]
  it('sends the line of a payload as it was made once, unknown fields and all', async () => {
    const { say, lines, shelf } = await startWire();
    const payload = { ...examplePayload(), of_a_later_version: [1, 2] };
    const { signature, leader_key = '' } = versionOf(payload);
    const { hash, canonical } = digestPayload(payload);
    const shelve = () => shelf.put({ payload, signature, leader_key }, { hash, canonical });
    const { line } = shelve();
    say({ type: 'version', seq: 42, hash });
    expect(await lines.next()).toBe(Buffer.from(line).toString('utf8'));
    expect(shelf.get({ seq: 42, hash })?.line).toBe(line);
    expect(shelve().line).toBe(line);
  });

  // g[verify gossip.one-queued]
  it('holds one payload while the peer has not read what came before, and a newer one takes its place', async () => {
    const { ours, say, lines, shelf } = await startWire();
    const shelved = [42, 43, 44].map((seq) => {
      const value = String(seq).repeat(32_000);
      const payload = examplePayload({ seq, params: [{ name: 'motd', kind: 'text', value }] });
      const { signature, leader_key = '' } = versionOf(payload);
      const { hash, line } = shelf.put({ payload, signature, leader_key }, digestPayload(payload));
      return { seq, hash, text: Buffer.from(line).toString('utf8') };
    });
    // In one turn: the peer cannot have read any of it.
    for (const { seq, hash } of shelved) say({ type: 'version', seq, hash });
    say({ type: 'peers', entries: [] });
    expect(ours.waitingBytes).toBeGreaterThan(0);
    expect(await lines.next()).toBe(shelved[0]?.text);
    expect(await lines.next()).toBe('{"type":"peers","entries":[]}');
    expect(await lines.next()).toBe(shelved[2]?.text);
  });

  it('sends nothing for a payload that is no longer at hand, and goes on', async () => {
    const { say, lines } = await startWire();
    say({ type: 'version', seq: 41, hash: 'ab'.repeat(32) });
    say({ type: 'peers', entries: [] });
    expect(await lines.next()).toBe('{"type":"peers","entries":[]}');
  });

  it('closes its link as it is told, and reports the end once', async () => {
    const { say, closed, events, links } = await startWire();
    say({ type: 'wire.close', code: closeCodes.revoked, reason: 'seq=43' });
    expect(await closed).toEqual({ by: 'peer', code: closeCodes.revoked, reason: 'seq=43' });
    const end = { by: 'us', code: closeCodes.revoked, reason: 'seq=43' };
    expect(await events.next()).toEqual({ type: 'wire.closed', ...end, at });
    expect(links.size).toBe(0);
    expect(events.waitingValues).toEqual([]);
  });

  it('reports that the peer closed', async () => {
    const { theirs, events } = await startWire();
    theirs.close(closeCodes.shuttingDown, 'this node stops');
    const end = { by: 'peer', code: closeCodes.shuttingDown, reason: 'this node stops' };
    expect(await events.next()).toEqual({ type: 'wire.closed', ...end, at });
  });

  // g[verify gossip.close]
  it('closes its link when nobody uses it any more', async () => {
    const { leave, closed, links, events } = await startWire();
    leave();
    expect(links.size).toBe(0);
    expect(await closed).toMatchObject({ by: 'peer', code: closeCodes.ok });
    expect(events.waitingValues).toEqual([]);
  });

  it('reports the end at once when its link is gone already', () => {
    const parts = { links: createLinkTable(), ports: { clock: { now: () => noon } } };
    const told: AnyEventObject[] = [];
    const peer = setup({
      types: { events: {} as AnyEventObject },
      actors: { wire: wireActor(parts as unknown as GroveParts) },
      actions: { note: ({ event }) => void told.push(event) },
    }).createMachine({
      invoke: { src: 'wire', input: { linkId: 'gone' } },
      on: { '*': { actions: 'note' } },
    });
    createActor(peer).start().stop();
    expect(told).toEqual([
      { type: 'wire.closed', by: 'transport', code: null, reason: 'the link is gone', at },
    ]);
  });
});
