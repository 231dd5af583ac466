import { describe, expect, it } from 'vitest';
import { createActor, initialTransition, transition } from 'xstate';
import { attemptTargetsMax, dialAttemptMachine } from '../../machines/dial-attempt-machine.ts';
import { dialDelays } from '../../machines/dial-delays.ts';
import { targetsMax } from '../../src/protocol/dialling/dial-limits.ts';
import { type Answer, fakeDialAddress, fakeNetwork, fingerprintOf } from './dial-harness.ts';
import { ManualClock } from './manual-clock.ts';

const peer = fingerprintOf(7);
const a = '10.0.0.1:7891';
const b = '10.0.0.2:7891';
const c = '10.0.0.3:7891';

function targets(...addresses: string[]) {
  return addresses.map((address) => ({ address, fingerprint: peer }));
}

function race(addresses: readonly string[], answers: Readonly<Record<string, Answer>>) {
  const clock = new ManualClock();
  const network = fakeNetwork();
  for (const [address, answer] of Object.entries(answers)) network.answers.set(address, answer);
  const machine = dialAttemptMachine.provide({ actors: { dialAddress: fakeDialAddress(network, clock) } });
  const actor = createActor(machine, { clock, input: { attempt: 'one', targets: targets(...addresses) } });
  actor.start();
  return { actor, clock, network, output: () => actor.getSnapshot().output };
}

describe('a dial attempt, step by step', () => {
  const input = { attempt: 'one', targets: targets(a, b) };

  // g[verify dial.race]
  it('starts with the best address and schedules the next one', () => {
    const [snapshot, actions] = initialTransition(dialAttemptMachine, input);
    expect(snapshot.value).toBe('racing');
    expect(snapshot.context.started).toBe(1);
    expect(Object.keys(snapshot.children)).toEqual([`address.${a}`]);
    const delays = actions.flatMap(({ type, params }) =>
      type === 'xstate.raise' ? [(params as { delay: number }).delay] : [],
    );
    expect(delays.toSorted((left, right) => left - right)).toEqual([
      dialDelays.raceStagger,
      dialDelays.attemptTimeout,
    ]);
  });

  it('ends connected with the link, for whichever address says so first', () => {
    const [racing] = initialTransition(dialAttemptMachine, input);
    const [both] = transition(dialAttemptMachine, racing, { type: 'stagger.over' });
    expect(Object.keys(both.children)).toEqual([`address.${a}`, `address.${b}`]);
    const [done] = transition(dialAttemptMachine, both, {
      type: 'address.connected',
      linkId: 'x',
      address: b,
    });
    expect(done.status).toBe('done');
    expect(done.output).toEqual({ outcome: 'connected', linkId: 'x', address: b, fingerprint: peer });
    expect(done.children).toEqual({});
  });

  it('ignores an answer for an address it is not waiting for', () => {
    const [racing] = initialTransition(dialAttemptMachine, input);
    const [same] = transition(dialAttemptMachine, racing, {
      type: 'address.connected',
      linkId: 'x',
      address: b,
    });
    expect(same.value).toBe('racing');
    expect(same.context.winner).toBeNull();
  });

  it('fails at once without addresses', () => {
    const [done] = initialTransition(dialAttemptMachine, { attempt: 'one', targets: [] });
    expect(done.output).toEqual({ outcome: 'failed', attempts: [] });
  });

  it('dials an address listed twice once, and no more addresses than its bound', () => {
    const many = Array.from({ length: 40 }, (_, index) => `10.1.0.${index}:7891`);
    const [twice] = initialTransition(dialAttemptMachine, { attempt: 'one', targets: targets(a, a, b) });
    expect(twice.context.targets).toEqual(targets(a, b));
    const [bounded] = initialTransition(dialAttemptMachine, { attempt: 'one', targets: targets(...many) });
    expect(bounded.context.targets).toHaveLength(attemptTargetsMax);
  });

  it('has time to try every address of a peer before the attempt is over', () => {
    expect(targetsMax).toBeLessThanOrEqual(attemptTargetsMax);
    expect(targetsMax * dialDelays.raceStagger).toBeLessThan(dialDelays.attemptTimeout);
  });
});

describe('a dial attempt against the clock', () => {
  // g[verify dial.race]
  it('races silent addresses 250 ms apart, in their order', () => {
    const { clock, network } = race([a, b, c], {});
    clock.advance(5_000);
    expect(network.dials.map(({ at, address }) => [at, address])).toEqual([
      [0, a],
      [250, b],
      [500, c],
    ]);
  });

  // g[verify dial.race]
  it('goes on to the next address at once when one fails', () => {
    const { clock, network, output } = race([a, b, c], {
      [a]: { afterMs: 10, failure: 'unreachable' },
      [b]: { afterMs: 400 },
    });
    clock.advance(600);
    expect(network.dials.map(({ at, address }) => [at, address])).toEqual([
      [0, a],
      [10, b],
      [260, c],
    ]);
    expect(output()).toEqual({
      outcome: 'connected',
      linkId: `link to ${b}`,
      address: b,
      fingerprint: peer,
    });
  });

  // g[verify dial.cancel]
  it('cancels the other dials when one wins, and leaves no timer behind', () => {
    const { clock, network, output } = race([a, b, c], { [b]: { afterMs: 5 } });
    clock.advance(255);
    expect(output()?.outcome).toBe('connected');
    expect(network.cancelled).toEqual([a]);
    expect(network.dials.map(({ address }) => address)).toEqual([a, b]);
    expect(network.open.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is done with an address as soon as it failed', () => {
    const { clock, network } = race([a, b], { [a]: { afterMs: 10, failure: 'refused' } });
    clock.advance(10);
    expect(network.open).toEqual(new Set([b]));
  });

  it('says of every address how it failed', () => {
    const { clock, output } = race([a, b], {
      [a]: { afterMs: 10, failure: 'refused' },
      [b]: { afterMs: 20, failure: 'wrong_fingerprint' },
    });
    clock.advance(1_000);
    expect(output()).toEqual({
      outcome: 'failed',
      attempts: [
        { address: a, kind: 'refused', code: null, detail: 'refused' },
        { address: b, kind: 'wrong_fingerprint', code: null, detail: 'wrong_fingerprint' },
      ],
    });
    expect(clock.pending).toBe(0);
  });

  // g[verify dial.cancel]
  it('gives up on silent addresses after 15 s and cancels their dials', () => {
    const { clock, network, output } = race([a, b], { [a]: { afterMs: 10, failure: 'refused' } });
    clock.advance(dialDelays.attemptTimeout - 1);
    expect(output()).toBeUndefined();
    clock.advance(1);
    expect(output()).toMatchObject({
      outcome: 'failed',
      attempts: [
        { address: a, kind: 'refused' },
        { address: b, kind: 'timeout' },
      ],
    });
    expect(network.cancelled).toEqual([b]);
    expect(clock.pending).toBe(0);
  });

  // g[verify dial.cancel]
  it('cancels its dials when it is stopped', () => {
    const { actor, clock, network } = race([a, b], {});
    clock.advance(300);
    actor.stop();
    expect(network.cancelled).toEqual([a, b]);
    expect(clock.pending).toBe(0);
  });
});
