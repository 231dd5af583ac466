/** A link that closes, event by event; what ends a link by itself when nothing happens on it; and its end. */
import { describe, expect, it } from 'vitest';
import { type AnyEventObject, createActor, fromCallback, sendTo, setup } from 'xstate';
import type { PeerToWire } from '../../machines/peer-events.ts';
import { peerMachine } from '../../machines/peer-machine.ts';
import { closeCodes } from '../../src/protocol/index.ts';
import { ManualClock } from './manual-clock.ts';
import { type Case, checkCases, everyReason, reportsEnd, says, textOf } from './peer-cases.ts';
import {
  announce,
  at,
  closing,
  hello,
  judged,
  ours,
  type PeerEvent,
  peerInput,
  standing,
  verified,
  version,
} from './peer-fixture.ts';

const end = { by: 'us' as const, code: 0, reason: 'enough other links', at };

/** Nothing of this matters to a link that closes. */
const ignored: readonly PeerEvent[] = [
  hello(version(9)),
  { type: 'version', payload: {}, signature: '5e'.repeat(64) },
  { type: 'peers', entries: [] },
  { type: 'wire.malformed', detail: 'no object with a type' },
  { type: 'peer.close', code: 7, reason: 'this node stops' },
  { type: 'peer.revoke', version: version(6) },
  { type: 'peer.retire', code: 5, reason: 'the other link is kept', replaced: true },
  { type: 'retire.due', code: 5, reason: 'the other link is kept' },
  { type: 'peers.tell', entries: [] },
  verified(version(6)),
  judged({ kind: 'refused', reason: 'signature_invalid', detail: 'refused' }),
  announce(6),
  { type: 'pull' },
  { type: 'want', push: 'hello' },
];

// g[verify gossip.close]
const cases: readonly Case[] = [
  ...ignored.map((event) => ({
    title: `pays no attention to ${event.type}`,
    from: closing(),
    event,
    value: 'closing',
  })),
  // g[verify gossip.abort]
  ...everyReason.map((reason) => ({
    title: `still hears that the peer aborts with ${textOf(reason)}`,
    from: closing(),
    event: { type: 'abort' as const, reason },
    value: 'closing',
    changes: { aborted: reason, closing: { code: closeCodes.aborted, reason: 'the peer aborted' } },
  })),
  {
    title: 'is over when its wire is',
    from: closing(),
    event: { type: 'wire.closed', ...end },
    value: 'closed',
    changes: { end },
    rows: [{ cancel: 'closeTimeout' }, ...reportsEnd({ greeted: true, aborted: null, ...end })],
  },
];

checkCases('closing', cases);

/** A link with a supervisor that notes what it hears, a wire that notes what it is told, and a manual clock. */
function startLink() {
  const clock = new ManualClock();
  const lines: PeerToWire[] = [];
  const told: AnyEventObject[] = [];
  let wires = 0;
  const wire = fromCallback<PeerToWire, { linkId: string }>(({ receive }) => {
    wires += 1;
    receive((event) => void lines.push(event));
    return () => {
      wires -= 1;
    };
  });
  const supervisor = setup({
    types: { events: {} as AnyEventObject },
    actors: { peer: peerMachine.provide({ actors: { wire } }) },
    actions: { note: ({ event }) => void told.push(event) },
  }).createMachine({
    invoke: { src: 'peer', id: 'peer', input: peerInput(standing(5)) },
    on: {
      'to.peer': { actions: sendTo('peer', ({ event }) => event.event) },
      '*': { actions: 'note' },
    },
  });
  const actor = createActor(supervisor, { clock });
  actor.start();
  return {
    clock,
    lines,
    told,
    wires: () => wires,
    send: (event: PeerEvent) => actor.send({ type: 'to.peer', event }),
  };
}

/** The end of a link that nobody confirmed. */
function unconfirmed(code: number, reason: string, greeted: boolean) {
  const [report] = reportsEnd({ greeted, aborted: null, by: 'us', code, reason, at: null });
  return report !== undefined && 'event' in report ? report.event : null;
}

describe('time on a link', () => {
  // g[verify gossip.hello]
  it('ends a link whose peer says no hello for five seconds', () => {
    const { clock, lines, wires, told } = startLink();
    clock.advance(4_999);
    expect(lines).toEqual([says(version(5))].map((row) => 'event' in row && row.event));
    clock.advance(1);
    const reason = 'no hello in time';
    expect(lines.at(-1)).toEqual({ type: 'wire.close', code: closeCodes.protocolError, reason });
    expect(wires()).toBe(1);

    clock.advance(2_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told[0]).toEqual(unconfirmed(closeCodes.protocolError, reason, false));
    expect(wires()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('leaves a greeted link alone', () => {
    const { clock, send, lines } = startLink();
    send(hello(version(5)));
    expect(clock.pending).toBe(0);
    clock.advance(24 * 60 * 60_000);
    expect(lines).toHaveLength(1);
  });

  // g[verify gossip.duplicate-links]
  it('retires a link after a second in which it asks for no payloads and still sends them', () => {
    const { clock, send, lines } = startLink();
    send(hello(version(5)));
    send({
      type: 'peer.retire',
      code: closeCodes.duplicate,
      reason: 'the other link is kept',
      replaced: true,
    });
    clock.advance(999);
    send(verified(version(6)));
    clock.advance(1);
    expect(lines.slice(1)).toEqual([
      ours(version(5), 'hello'),
      { type: 'version', ...version(6) },
      { type: 'wire.close', code: closeCodes.duplicate, reason: 'the other link is kept' },
    ]);
  });

  // g[verify gossip.close]
  it('gives up on a wire that does not report its end within three seconds', () => {
    const { clock, send, told, wires } = startLink();
    send(hello(version(5)));
    send({ type: 'peer.close', code: 0, reason: 'enough other links' });
    clock.advance(2_999);
    expect(wires()).toBe(1);
    clock.advance(1);
    expect(told.at(1)).toEqual(unconfirmed(0, 'enough other links', true));
    expect(wires()).toBe(0);
  });

  it('has no timer left after the end', () => {
    const { clock, send, wires } = startLink();
    send({ type: 'peer.retire', code: 5, reason: 'the other link is kept', replaced: true });
    send({ type: 'wire.closed', by: 'transport', code: null, reason: 'timed out', at });
    expect(wires()).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
