/** The applier walked without running it: every verdict, and where each leads. */
import { describe, expect, it } from 'vitest';
import { applierMachine } from '../../machines/applier-machine.ts';
import { candidateQueueMax } from '../../src/protocol/index.ts';
import { example, leader, noon } from '../protocol/fixtures.ts';
import {
  detail,
  type Events,
  handedOn,
  judged,
  leadTo,
  rejected,
  standing,
  started,
  toLink,
} from './applier-cases.ts';
import { offer, own, pinOf, second, standingOf } from './grove-fixtures.ts';
import { begin, eventsOf, said, step, walk } from './transition-rows.ts';

const hourMs = 60 * 60_000;

describe('an applier that starts', () => {
  it('reads first what was parked before', () => {
    const { value, rows } = begin(applierMachine, {
      ownFingerprint: own,
      standing,
      refused: [],
      strictTimestampWindow: false,
    });
    expect([value, rows]).toEqual(['rereading', [{ spawn: '0.applier.rereading', input: {} }]]);
  });

  it('knows no event that this file does not send', () => {
    expect(eventsOf(applierMachine)).toEqual([
      'candidate',
      'candidate.verified',
      'clock.moved',
      'join.began',
      'jump.accept',
      'keep.failed',
      'kept',
      'parked.due',
      'parked.read',
      'payload.relayed',
      'payload.stored',
      'standing.changed',
      'standing.lost',
      'store.failed',
    ]);
  });
});

describe('a candidate', () => {
  it('that is older is answered without verifying it', () => {
    const { value, rows } = step(applierMachine, started(), offer({ seq: 41 }).candidate);
    expect([value, rows]).toEqual(['idle', [toLink({ kind: 'stale', seq: 41 })]]);
  });

  it('that is held already is answered without verifying it', () => {
    const { value, rows } = step(applierMachine, started(), offer({ seq: 42 }).candidate);
    expect([value, rows]).toEqual(['idle', [toLink({ kind: 'duplicate', seq: 42 })]]);
  });

  it.each([
    ['of another grove', { grove_id: '00000000-0000-4000-8000-000000000001' }, 'grove_mismatch'],
    ['of another leader', { leader_fp: own }, 'leader_mismatch'],
    ['without a number', { seq: 'x' }, { other: 'malformed' }],
  ])('%s is refused without verifying it', (_title, change, reason) => {
    const { value, rows } = step(applierMachine, started(), offer(change).candidate);
    expect([value, rows]).toEqual([
      'idle',
      [rejected('', reason), toLink({ kind: 'refused', reason, detail })],
    ]);
  });

  it('that is newer is verified with the key of the leader', () => {
    const { candidate } = offer();
    const { value, rows } = step(applierMachine, started(), candidate);
    expect([value, rows]).toEqual([
      'verifying',
      [
        {
          spawn: '0.applier.verifying',
          input: expect.objectContaining({ message: candidate.message, leaderKey: leader.publicKey }),
        },
      ],
    ]);
  });

  it('waits while another one is judged, and the oldest beyond a bound is dropped', () => {
    const numbers = Array.from({ length: candidateQueueMax + 3 }, (_, index) => 43 + index);
    const busy = walk(applierMachine, started(), ...numbers.map((seq) => offer({ seq }).candidate));
    const waiting = busy.context.queue.map(({ message }) => message.payload.seq);
    expect(waiting).toEqual(numbers.slice(-candidateQueueMax));
  });
});

describe('a verified payload', () => {
  it('that is newer is handed on first, then stored, then in force', () => {
    const offered = offer();
    const handing = judged(offered);
    expect([handing.value, handing.said]).toEqual(['handingOn', [handedOn(offered)]]);
    const storing = step(applierMachine, handing.snapshot, { type: 'payload.relayed' });
    expect([storing.value, storing.rows]).toEqual([
      'storing',
      [
        {
          spawn: '0.applier.storing',
          input: {
            version: offered.version,
            previous: standing.version,
            revokesUs: false,
            replacesSameSeq: false,
          },
        },
      ],
    ]);
    const next = standingOf({ seq: 43 });
    const stored = step(applierMachine, storing.snapshot, {
      type: 'payload.stored',
      standing: next,
      membersAdded: [],
      membersRemoved: [],
      paramsChanged: ['greeting'],
    });
    expect([stored.value, said(stored.rows)]).toEqual([
      'idle',
      [
        {
          to: 'parent',
          event: {
            type: 'payload.applied',
            linkId: '7',
            fingerprint: second,
            standing: next,
            membersAdded: [],
            membersRemoved: [],
            paramsChanged: ['greeting'],
            revokesUs: false,
          },
        },
      ],
    ]);
    expect(stored.snapshot.context).toMatchObject({ standing: next, candidate: null, verdict: null });
  });

  it('that no longer lists us says so', () => {
    const members = example()
      .members.filter(({ fp }) => fp !== own)
      .map(({ fp, label }) => ({ fp, label }));
    const offered = offer({ members });
    const handing = judged(offered);
    expect(handing.said).toEqual([handedOn(offered, [own])]);
    const storing = step(applierMachine, handing.snapshot, { type: 'payload.relayed' });
    expect(storing.rows).toMatchObject([{ input: { revokesUs: true } }]);
  });

  it.each([
    ['with a signature that is not the leader’s', {}, { signatureValid: false }, 'signature_invalid'],
    ['that is too large', {}, { canonicalBytes: 262_145 }, 'payload_too_large'],
    ['with secrets', { secrets: ['x'] }, {}, { other: 'malformed' }],
  ])('%s is refused', (_title, change, found, reason) => {
    const offered = offer(change, found);
    const result = judged(offered);
    const refused = [rejected(offered.verified.hash, reason), toLink({ kind: 'refused', reason, detail })];
    // Only what the leader did sign is remembered.
    if (reason === 'signature_invalid') {
      expect([result.value, result.said, result.spawned]).toEqual(['idle', refused, []]);
      return;
    }
    expect([result.value, result.said, result.spawned]).toEqual([
      'refusing',
      [],
      [{ spawn: '0.applier.refusing', input: { kind: 'refuse', hash: offered.verified.hash, reason } }],
    ]);
    for (const end of [{ type: 'kept' }, { type: 'keep.failed', detail: 'full' }] as const) {
      const { value, rows, snapshot } = step(applierMachine, result.snapshot, end);
      expect([value, said(rows), snapshot.context.refused]).toEqual([
        'idle',
        refused,
        [{ hash: offered.verified.hash, untilMs: noon + hourMs }],
      ]);
      const again = judged(offer(change, { ...found, now: noon + hourMs - 1 }), snapshot);
      expect([again.value, again.said]).toEqual(['idle', [toLink({ kind: 'ignored' })]]);
      const later = judged(offer(change, { ...found, now: noon + hourMs }), snapshot);
      expect(later.value).toBe('refusing');
    }
  });

  it('that is old is refused only when the strict window is on', () => {
    const offered = offer({}, { now: Date.UTC(2026, 4, 7, 12, 6) });
    expect(judged(offered).value).toBe('handingOn');
    const strict = judged(offered, started({ strictTimestampWindow: true }));
    expect([strict.value, strict.spawned]).toEqual([
      'refusing',
      [
        {
          spawn: '0.applier.refusing',
          input: { kind: 'refuse', hash: offered.verified.hash, reason: 'version_too_old' },
        },
      ],
    ]);
  });

  it('that was refused before this process started is ignored', () => {
    const offered = offer({ secrets: ['x'] });
    const result = judged(
      offered,
      started({ refused: [{ hash: offered.verified.hash, untilMs: noon + 1 }] }),
    );
    expect([result.value, result.said]).toEqual(['idle', [toLink({ kind: 'ignored' })]]);
  });
});

describe('a node that joins', () => {
  const joining = (pin = pinOf()) =>
    walk(applierMachine, started({ standing: null }), { type: 'join.began', pin });
  const oneMember = { members: [{ fp: leader.fingerprint, label: 'clinic-1' }] };

  it('takes a payload of any number that lists it', () => {
    const offered = offer({ seq: 7 });
    expect(judged(offered, joining())).toMatchObject({ value: 'handingOn', said: [handedOn(offered)] });
  });

  it('takes none of another leader, and none of another grove than the invite names', () => {
    const wrongLeader = step(applierMachine, joining(pinOf({ leaderFingerprint: own })), offer().candidate);
    expect(said(wrongLeader.rows)).toMatchObject([{ event: { reason: 'leader_mismatch' } }, {}]);
    const pin = pinOf({ groveId: '00000000-0000-4000-8000-000000000001' });
    const wrongGrove = step(applierMachine, joining(pin), offer().candidate);
    expect(said(wrongGrove.rows)).toMatchObject([{ event: { reason: 'grove_mismatch' } }, {}]);
  });

  it('is no member of a grove that does not list it', () => {
    const offered = offer(oneMember);
    const { value, said: told } = judged(offered, joining());
    expect([value, told]).toEqual([
      'idle',
      [
        rejected(offered.version.hash, { other: 'not-listed' }),
        toLink({ kind: 'unfit', why: 'not-listed', detail }),
      ],
    ]);
  });

  it('is not taken below the number it held, unless that is accepted', () => {
    const offered = offer({}, { floorSeq: 50 });
    expect(judged(offered, joining())).toMatchObject({
      value: 'idle',
      said: [
        rejected(offered.version.hash, { other: 'below-floor' }),
        toLink({ kind: 'unfit', why: 'below-floor', detail: expect.stringContaining('--accept-rollback') }),
      ],
    });
    expect(judged(offered, joining(pinOf({ acceptRollback: true }))).value).toBe('handingOn');
  });
});

describe('an applier whose grove is lost', () => {
  it.each([
    ['verifying', [offer().candidate]],
    ['handingOn', [offer().candidate, offer().verified]],
    ['storing', [offer().candidate, offer().verified, { type: 'payload.relayed' }]],
    [
      'degraded',
      [
        offer().candidate,
        offer().verified,
        { type: 'payload.relayed' },
        { type: 'store.failed', detail: 'full' },
      ],
    ],
  ] as [string, Events][])('holds nothing, whatever was under way: %s', (state, events) => {
    const { value, snapshot } = leadTo(started(), ...events, { type: 'standing.lost' });
    expect(walk(applierMachine, started(), ...events).value).toBe(state);
    expect([value, snapshot.context]).toEqual([
      'idle',
      expect.objectContaining({ standing: null, pin: null, queue: [], candidate: null, degraded: false }),
    ]);
  });

  it('applies nothing that is still parked', () => {
    const { candidate } = offer();
    const { value } = leadTo(
      started({ standing: null }),
      { type: 'parked.due' },
      {
        type: 'parked.read',
        candidates: [{ ...candidate, linkId: null, boot: null }],
      },
    );
    expect(value).toBe('idle');
  });

  it('does not go back when word of an older payload of its own arrives late', () => {
    const { snapshot } = step(applierMachine, started(), {
      type: 'standing.changed',
      standing: standingOf({ seq: 41 }),
    });
    expect(snapshot.context.standing).toEqual(standing);
  });
});
