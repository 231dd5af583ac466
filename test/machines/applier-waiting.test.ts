/** The applier walked without running it: payloads that wait, forks, and a store that fails. */
import { describe, expect, it } from 'vitest';
import { applierMachine } from '../../machines/applier-machine.ts';
import { candidateQueueMax } from '../../src/protocol/index.ts';
import { handedOn, judged, leadTo, rejected, standing, started, toLink } from './applier-cases.ts';
import { type Offer, offer, operator, second, standingOf } from './grove-fixtures.ts';
import { said, step, walk } from './transition-rows.ts';

describe('a payload whose time has not come', () => {
  it.each([
    ['created_in_future', offer({ created_at: '2026-05-07T12:05:01Z' })],
    ['seq_jump', offer({ seq: 42 + 1_000_001 })],
  ] as const)('is parked and told once: %s', (why, offered) => {
    const parking = judged(offered);
    const { version } = offered;
    expect([parking.value, parking.said, parking.spawned]).toEqual([
      'parking',
      [],
      [{ spawn: '0.applier.parking', input: { kind: 'park', version, why, fingerprint: second } }],
    ]);
    const parked = step(applierMachine, parking.snapshot, { type: 'kept' });
    expect([parked.value, parked.rows.filter((row) => 'to' in row || 'raise' in row)]).toEqual([
      'idle',
      [
        { raise: { type: 'parked.due' }, delay: 60_000 },
        rejected(version.hash, { other: why }, true),
        toLink({ kind: 'parked', version, why }),
      ],
    ]);
    const again = judged(offered, parked.snapshot);
    expect([again.value, again.said]).toEqual(['idle', [toLink({ kind: 'ignored' })]]);
    const lost = step(applierMachine, parking.snapshot, { type: 'keep.failed', detail: 'full' });
    expect([lost.value, lost.snapshot.context.parked]).toEqual(['idle', []]);
  });

  it.each(['parked.due', 'clock.moved'] as const)(
    'is read and judged again on %s, and asked for each minute',
    (type) => {
      const offered = offer();
      const reading = step(applierMachine, started(), { type });
      expect([reading.value, reading.rows]).toEqual([
        'rereading',
        [{ spawn: '0.applier.rereading', input: {} }],
      ]);
      const { message, fingerprint } = offered.candidate;
      const read = step(applierMachine, reading.snapshot, {
        type: 'parked.read',
        candidates: [{ linkId: null, fingerprint, boot: null, message }],
      });
      expect([read.value, read.rows.filter((row) => 'raise' in row || 'cancel' in row)]).toEqual([
        'verifying',
        [{ cancel: 'parked' }, { raise: { type: 'parked.due' }, delay: 60_000 }],
      ]);
      const handing = step(applierMachine, read.snapshot, offered.verified);
      expect(said(handing.rows)).toMatchObject([
        { event: { type: 'payload.verified', linkId: null, boot: null } },
      ]);
    },
  );

  // g[verify membership.parked]
  it('is looked at soon when the clock moves while a payload is on its way to the disk', () => {
    const storing = walk(applierMachine, judged(offer()).snapshot, { type: 'payload.relayed' });
    const { value, rows } = step(applierMachine, storing, { type: 'clock.moved' });
    expect([value, rows]).toEqual([
      'storing',
      [{ cancel: 'parked' }, { raise: { type: 'parked.due' }, delay: 1_000 }],
    ]);
  });

  it('is looked at later when the moment finds the applier busy', () => {
    const busy = walk(applierMachine, started(), offer().candidate);
    const { value, rows } = step(applierMachine, busy, { type: 'parked.due' });
    expect([value, rows]).toEqual([
      'verifying',
      [{ cancel: 'parked' }, { raise: { type: 'parked.due' }, delay: 60_000 }],
    ]);
  });
});

describe('a payload that is too far ahead', () => {
  const accept = { type: 'jump.accept', requestId: 'a', seq: 2_000_000, actor: operator } as const;
  const far = offer({ seq: 2_000_000 });
  const { message, fingerprint } = far.candidate;
  const read = {
    type: 'parked.read',
    candidates: [{ linkId: null, fingerprint, boot: null, message }],
  } as const;
  const settled = (refusal: object | null) => ({
    to: 'parent',
    event: { type: 'jump.settled', requestId: 'a', refusal },
  });
  const stored = {
    type: 'payload.stored',
    standing: standingOf({ seq: 2_000_000 }),
    membersAdded: [],
    membersRemoved: [],
    paramsChanged: [],
  } as const;

  // g[verify membership.accept-jump]
  it('is read back and applied when the operator takes it', () => {
    expect(step(applierMachine, started(), accept).value).toBe('rereading');
    const handing = leadTo(started(), accept, read, far.verified);
    expect(handing.value).toBe('handingOn');
    const { value, rows, snapshot } = leadTo(handing.snapshot, { type: 'payload.relayed' }, stored);
    expect([value, said(rows).slice(1)]).toEqual(['idle', [settled(null)]]);
    expect(snapshot.context.accepting).toBeNull();
  });

  // g[verify membership.accept-jump]
  it('is not applied by a look at what is parked, nor by a wish for another number', () => {
    const again = leadTo(started(), { type: 'parked.due' }, read, far.verified);
    expect(again.value).toBe('parking');
    const { rows } = leadTo(started(), { ...accept, seq: 1_999_999 }, read);
    expect(said(rows)).toEqual([settled(expect.objectContaining({ code: 'not_found' }))]);
    const none = leadTo(started(), accept, { type: 'parked.read', candidates: [] });
    expect(said(none.rows)).toEqual([settled(expect.objectContaining({ code: 'not_found' }))]);
    expect(none.value).toBe('idle');
  });

  // g[verify membership.accept-jump]
  it('goes on waiting when it is also dated in the future', () => {
    const later = { ...far.verified, now: Date.UTC(2026, 4, 7, 11) };
    const parking = leadTo(started(), accept, read, later);
    expect(parking.value).toBe('parking');
    const { rows } = step(applierMachine, parking.snapshot, { type: 'kept' });
    expect(said(rows)).toEqual([
      settled(expect.objectContaining({ message: expect.stringContaining('future') })),
    ]);
    const due = leadTo(started(), { type: 'parked.due' }, read, later, { type: 'kept' });
    const waitsForOperator = leadTo(due.snapshot, { type: 'parked.due' }, read, far.verified);
    expect(waitsForOperator.rows).toMatchObject([{}, { input: { kind: 'park', why: 'seq_jump' } }]);
  });

  it('waits for what is judged first, and comes before what came meanwhile', () => {
    const others = Array.from({ length: candidateQueueMax }, (_, index) => offer({ seq: 44 + index }));
    const busy = walk(applierMachine, started(), offer().candidate, accept);
    expect(busy.value).toBe('verifying');
    const reading = leadTo(busy, offer({}, { signatureValid: false }).verified);
    expect(reading.value).toBe('rereading');
    const { snapshot } = leadTo(reading.snapshot, ...others.map(({ candidate }) => candidate), read);
    expect([snapshot.value, snapshot.context.candidate?.message]).toEqual(['verifying', message]);
    expect(snapshot.context.queue).toHaveLength(candidateQueueMax - 1);
  });

  it('is answered when it cannot be written, and when the grove is left', () => {
    const storing = leadTo(started(), accept, read, far.verified, { type: 'payload.relayed' });
    const failed = step(applierMachine, storing.snapshot, { type: 'store.failed', detail: 'full' });
    expect(said(failed.rows)).toContainEqual(settled(expect.objectContaining({ code: 'internal' })));
    for (const events of [[accept], [accept, read], [accept, read, far.verified]] as const) {
      const { rows } = leadTo(started(), ...events, { type: 'standing.lost' });
      expect(said(rows)).toEqual([settled(expect.objectContaining({ code: 'operation_in_progress' }))]);
    }
  });
});

describe('a fork', () => {
  const theirs = offer({ seq: 42, params: [] });
  const ours = standing.version;
  const [smaller, larger] = theirs.version.hash < ours.hash ? ['theirs', 'ours'] : ['ours', 'theirs'];
  /** A node that holds the other one. */
  const swapped = { ...standing, version: theirs.version, signature: theirs.candidate.message.signature };
  const original = offer({ seq: 42 });

  const cases = {
    [smaller]: { from: started(), offered: theirs, held: ours },
    [larger]: { from: started({ standing: swapped }), offered: original, held: theirs.version },
  };
  const forkTold = (offered: Offer, held: { readonly hash: string }) => ({
    to: 'parent',
    event: {
      type: 'fork.detected',
      seq: 42,
      hashes: [offered.version.hash, held.hash].sort(),
      fingerprint: second,
    },
  });

  it('keeps both as evidence, and ours when its hash is smaller', () => {
    const { from, offered, held } = cases.ours ?? expect.fail();
    const keeping = judged(offered, from);
    expect([keeping.value, keeping.said, keeping.spawned]).toEqual([
      'keepingEvidence',
      [],
      [
        {
          spawn: '0.applier.keepingEvidence',
          input: { kind: 'evidence', versions: [held, offered.version], fingerprint: second },
        },
      ],
    ]);
    for (const end of [{ type: 'kept' }, { type: 'keep.failed', detail: 'full' }] as const) {
      const kept = step(applierMachine, keeping.snapshot, end);
      expect([kept.value, said(kept.rows)]).toEqual([
        'idle',
        [forkTold(offered, held), toLink({ kind: 'forked', version: offered.version })],
      ]);
      const again = judged(offered, kept.snapshot);
      const twice = step(applierMachine, again.snapshot, { type: 'kept' });
      expect(said(twice.rows)).toEqual([toLink({ kind: 'forked', version: offered.version })]);
    }
  });

  // g[verify leader.fork]
  it('moves to theirs when its hash is smaller, and is reported when that is in force', () => {
    const { from, offered, held } = cases.theirs ?? expect.fail();
    const keeping = judged(offered, from);
    for (const end of [{ type: 'kept' }, { type: 'keep.failed', detail: 'full' }] as const) {
      const handing = step(applierMachine, keeping.snapshot, end);
      expect([handing.value, said(handing.rows)]).toEqual(['handingOn', [handedOn(offered)]]);
      const storing = step(applierMachine, handing.snapshot, { type: 'payload.relayed' });
      expect(storing.rows).toMatchObject([{ input: { version: offered.version, replacesSameSeq: true } }]);
      const stored = step(applierMachine, storing.snapshot, {
        type: 'payload.stored',
        standing: { ...standing, version: offered.version },
        membersAdded: [],
        membersRemoved: [],
        paramsChanged: [],
      });
      expect(said(stored.rows)).toMatchObject([
        { event: { type: 'payload.applied' } },
        forkTold(offered, held),
      ]);
      const failed = step(applierMachine, storing.snapshot, { type: 'store.failed', detail: 'full' });
      expect(said(failed.rows)).toEqual([
        { to: 'parent', event: { type: 'store.degraded', detail: 'full' } },
        forkTold(offered, held),
      ]);
    }
  });
});

describe('a payload that cannot be stored', () => {
  const offered = offer();
  const failed = leadTo(
    started(),
    offered.candidate,
    offered.verified,
    { type: 'payload.relayed' },
    { type: 'store.failed', detail: 'the disk is full' },
  );

  it('is kept, and the payload in force stays', () => {
    expect([failed.value, failed.rows.filter((row) => !('stop' in row))]).toEqual([
      'degraded',
      [
        { to: 'parent', event: { type: 'store.degraded', detail: 'the disk is full' } },
        { after: 'storeRetry', delay: 10_000 },
      ],
    ]);
    expect(failed.snapshot.context).toMatchObject({ standing, degraded: true });
  });

  it('is stored again after a while, and the end of it is told once', () => {
    const due = { type: 'xstate.after.storeRetry.applier.degraded' } as never;
    const again = step(applierMachine, failed.snapshot, due);
    expect(again.value).toBe('storing');
    const still = step(applierMachine, again.snapshot, { type: 'store.failed', detail: 'still' });
    expect([still.value, said(still.rows)]).toEqual(['degraded', []]);
    const retried = step(applierMachine, still.snapshot, due);
    const stored = step(applierMachine, retried.snapshot, {
      type: 'payload.stored',
      standing: standingOf({ seq: 43 }),
      membersAdded: [],
      membersRemoved: [],
      paramsChanged: [],
    });
    expect(said(stored.rows).map((row) => 'to' in row && (row.event as { type: string }).type)).toEqual([
      'store.recovered',
      'payload.applied',
    ]);
    expect(stored.snapshot.context.degraded).toBe(false);
  });

  it('gives way to a higher number that came meanwhile', () => {
    const newer = offer({ seq: 44 });
    const due = { type: 'xstate.after.storeRetry.applier.degraded' } as never;
    const { value, snapshot } = leadTo(failed.snapshot, newer.candidate, due);
    expect([value, snapshot.context.candidate?.message, snapshot.context.queue.length]).toEqual([
      'verifying',
      newer.candidate.message,
      1,
    ]);
  });

  it('is judged anew when the leader stored one of its own', () => {
    const own43 = standingOf({ seq: 43, params: [] });
    const { value, rows, snapshot } = step(applierMachine, failed.snapshot, {
      type: 'standing.changed',
      standing: own43,
    });
    expect([value, said(rows), snapshot.context.standing]).toEqual([
      'verifying',
      [{ to: 'parent', event: { type: 'store.recovered' } }],
      own43,
    ]);
  });
});

describe('a payload under way while the leader stores one of its own', () => {
  const published = {
    type: 'standing.changed',
    standing: standingOf({ seq: 43 }, { role: 'leader' }),
  } as const;

  // g[verify leader.one-at-a-time]
  it('is not stored over the newer one, but judged anew', () => {
    const offered = offer({ params: [] });
    const handing = judged(offered);
    expect(handing.value).toBe('handingOn');
    const { value, rows, changes } = step(applierMachine, handing.snapshot, published);
    expect([value, changes.standing]).toEqual(['verifying', published.standing]);
    expect(rows.filter((row) => 'spawn' in row)).toMatchObject([
      { input: { message: offered.candidate.message } },
    ]);
    const late = walk(applierMachine, handing.snapshot, published, { type: 'payload.relayed' });
    expect(late.value).toBe('verifying');
  });

  it('is reported as a fork all the same, and then is an old one', () => {
    const offered = offer({ seq: 42, params: [] });
    const keeping = judged(offered);
    expect(keeping.value).toBe('keepingEvidence');
    const { value, rows } = step(applierMachine, keeping.snapshot, published);
    expect([value, said(rows)]).toMatchObject([
      'idle',
      [{ event: { type: 'fork.detected', seq: 42 } }, toLink({ kind: 'stale', seq: 42 })],
    ]);
  });
});
