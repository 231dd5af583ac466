/** What the tap on the machines notes, keeps and never does. */
import { describe, expect, it } from 'vitest';
import { createActor, sendParent, setup } from 'xstate';
import { systemClock } from '../../src/daemon/system-ports.ts';
import type { MachineRecord } from '../../src/inspector/contract.ts';
import { FlightRecorder, type Inspectable, type Witness } from '../../src/inspector/feed/flight-recorder.ts';
import { recordsKept } from '../../src/inspector/limits.ts';

const child = setup({ types: { events: {} as { type: 'ask' } } }).createMachine({
  id: 'child',
  on: { ask: { actions: sendParent({ type: 'answered' }) } },
});

const parent = setup({
  types: {
    events: {} as { type: 'go' } | { type: 'answered' } | { type: 'count'; seq: number; secret: string },
  },
  actors: { child },
  guards: { never: () => false },
}).createMachine({
  id: 'parent',
  invoke: { src: 'child', id: 'child' },
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        go: [{ guard: 'never', target: 'done' }, { target: 'asking' }],
        count: {},
      },
    },
    asking: {
      entry: ({ self }) => self.getSnapshot().children.child?.send({ type: 'ask' }),
      on: { answered: 'done' },
    },
    done: { always: 'resting' },
    resting: {},
  },
});

function record(witness: Witness = () => {}) {
  const failures: unknown[] = [];
  const actor = createActor(parent, { id: 'parent' }).start();
  const recorder = new FlightRecorder(
    actor as unknown as Inspectable,
    systemClock,
    witness,
    () => {},
    (error) => failures.push(error),
  );
  const records = () =>
    Array.from(
      { length: recorder.next - recorder.oldest },
      (_, index) => JSON.parse(recorder.json(recorder.oldest + index) ?? 'null') as MachineRecord,
    );
  return { actor, recorder, records, failures };
}

describe('the flight recorder', () => {
  it('notes each event with its sender and each step with the transitions it took', () => {
    const { actor, records } = record();
    actor.send({ type: 'go' });
    const steps = records().flatMap((one) =>
      one.kind === 'step' && one.actor === actor.sessionId ? [one.value, ...one.transitions] : [],
    );
    expect(steps).toEqual([
      'asking',
      { from: 'waiting', event: 'go', index: 1, to: ['asking'] },
      'resting',
      { from: 'asking', event: 'answered', index: 0, to: ['done'] },
      { from: 'done', event: '', index: 0, to: ['resting'] },
    ]);
    const events = records().flatMap((one) => (one.kind === 'event' ? [one] : []));
    expect(events.map(({ event }) => event.type)).toEqual(['go', 'ask', 'answered']);
    expect(events[2]?.from).toBe(events[1]?.to);
  });

  it('notes that an actor ended', () => {
    const { actor, records } = record();
    actor.stop();
    expect(records().filter(({ kind }) => kind === 'ended')).toContainEqual(
      expect.objectContaining({ actor: actor.sessionId, status: 'stopped' }),
    );
  });

  it('keeps a fixed number of entries, and nothing an event carries unless somebody reads along', () => {
    const { actor, recorder, records } = record();
    const count = { type: 'count', seq: 7, secret: 'x' } as const;
    for (let sent = 0; sent < recordsKept; sent += 1) actor.send(count);
    expect(recorder.next).toBeGreaterThan(recordsKept);
    expect(recorder.next - recorder.oldest).toBe(recordsKept);
    expect(recorder.json(recorder.oldest - 1)).toBeNull();
    expect(recorder.json(recorder.next)).toBeNull();
    const last = () =>
      records()
        .flatMap((one) => (one.kind === 'event' ? [one.event] : []))
        .at(-1);
    expect(last()).toEqual({ type: 'count' });
    recorder.detailed = true;
    actor.send(count);
    expect(last()).toEqual({ type: 'count', seq: 7, hidden: ['secret'] });
  });

  // w[verify feed.harmless]
  it('that fails stops watching and says so once, and the actors go on', () => {
    const { actor, failures } = record(() => {
      throw new Error('a mistake');
    });
    actor.send({ type: 'go' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', value: 'resting' });
    expect(failures).toEqual([new Error('a mistake')]);
  });

  it('leaves the machines to themselves once it is closed', () => {
    const { actor, recorder } = record();
    recorder.close();
    actor.send({ type: 'go' });
    expect(recorder.next).toBe(0);
  });
});
