/** The publisher walked without running it: what it waits for, and one change at a time. */
import { describe, expect, it } from 'vitest';
import type { Publish } from '../../machines/events.ts';
import { publisherMachine } from '../../machines/publisher-machine.ts';
import { publishQueueMax } from '../../src/protocol/index.ts';
import { leader } from '../protocol/fixtures.ts';
import { operator, outsider, own, second, standingOf, third } from './grove-fixtures.ts';
import { begin, eventsOf, said, step, walk } from './transition-rows.ts';

const standing = standingOf({}, { role: 'leader' });
const alone = standingOf({ members: [{ fp: leader.fingerprint, label: 'clinic-1' }] }, { role: 'leader' });
const ownFingerprint = leader.fingerprint;

function publish(requestId: string, more: Partial<Publish> = {}): Publish {
  const change = { kind: 'republish' as const };
  return { type: 'publish', requestId, change, expectSeq: null, force: false, actor: operator, ...more };
}

/** The request as the actors that carry it out get it. */
function request(requestId: string, more: object = {}) {
  return {
    requestId,
    change: { kind: 'republish' },
    expectSeq: null,
    force: false,
    actor: operator,
    ...more,
  };
}

const heard = (fingerprint: string, seq = 42) => ({ type: 'member.heard' as const, fingerprint, seq });

function started(of = standing) {
  return begin(publisherMachine, { standing: of, ownFingerprint });
}

/** One that may publish at once. */
const ready = walk(publisherMachine, started().snapshot, heard(own), heard(second));

describe('a publisher that starts', () => {
  it('knows no event that this file does not send', () => {
    expect(eventsOf(publisherMachine)).toEqual([
      'draft.ready',
      'draft.refused',
      'draft.signed',
      'draft.unchanged',
      'found',
      'member.heard',
      'publish',
      'publish.failed',
      'publish.stored',
      'standing.changed',
    ]);
  });

  // g[verify leader.hold]
  it('holds changes back for half a minute at most', () => {
    const { value, rows, snapshot } = started();
    expect([value, rows]).toEqual(['holding', [{ after: 'holdTimeout', delay: 30_000 }]]);
    const waiting = step(publisherMachine, snapshot, publish('a'));
    expect([waiting.value, waiting.rows, waiting.changes]).toEqual([
      'holding',
      [],
      { queue: [request('a')] },
    ]);
    const due = step(publisherMachine, waiting.snapshot, {
      type: 'xstate.after.holdTimeout.publisher.holding',
    } as never);
    expect(due.value).toBe('drafting');
  });

  // g[verify leader.hold]
  it('goes on when two members were heard, and counts each once and no strangers', () => {
    const { snapshot } = started();
    const one = walk(publisherMachine, snapshot, heard(own), heard(own), heard(outsider));
    expect([one.value, one.context.heard]).toEqual(['holding', [own]]);
    expect(step(publisherMachine, one, heard(second)).value).toBe('ready');
  });

  // g[verify leader.hold]
  it('waits for the only other member, and for nobody when there is none', () => {
    const pair = standingOf(
      {
        members: [
          { fp: own, label: 'clinic-2' },
          { fp: leader.fingerprint, label: 'clinic-1' },
        ],
      },
      { role: 'leader' },
    );
    expect(started(pair).value).toBe('holding');
    expect(step(publisherMachine, started(pair).snapshot, heard(own)).value).toBe('ready');
    expect(started(alone).value).toBe('ready');
    expect(begin(publisherMachine, { standing: null, ownFingerprint }).value).toBe('ready');
  });

  // g[verify leader.hold]
  it('waits on for a newer payload that a member said it holds', () => {
    const waiting = walk(
      publisherMachine,
      started().snapshot,
      heard(own, 50),
      heard(second, 48),
      publish('a'),
    );
    expect(waiting.value).toBe('holding');
    const older = step(publisherMachine, waiting, {
      type: 'standing.changed',
      standing: standingOf({ seq: 48 }),
    });
    expect(older.value).toBe('holding');
    const newest = step(publisherMachine, older.snapshot, {
      type: 'standing.changed',
      standing: standingOf({ seq: 50 }),
    });
    expect([newest.value, newest.rows.filter((row) => 'spawn' in row)]).toEqual([
      'drafting',
      [
        {
          spawn: '0.publisher.drafting',
          input: { request: request('a'), current: standingOf({ seq: 50 }).version },
        },
      ],
    ]);
  });

  // g[verify leader.hold]
  it('waits for nobody when a change is forced, and keeps the order', () => {
    const waiting = walk(publisherMachine, started().snapshot, publish('a'));
    const forced = step(publisherMachine, waiting, publish('b', { force: true }));
    expect([forced.value, forced.changes]).toMatchObject([
      'drafting',
      { request: request('a'), queue: [request('b', { force: true })] },
    ]);
  });
});

describe('a publisher that hears of a newer payload', () => {
  const behind = step(publisherMachine, ready, heard(own, 44));
  const stored = (seq: number) => ({ type: 'standing.changed' as const, standing: standingOf({ seq }) });
  const due = { type: 'xstate.after.holdTimeout.publisher.holding' } as never;

  // g[verify leader.hold-again]
  it('holds changes back until it is stored', () => {
    expect([behind.value, behind.rows]).toEqual(['holding', [{ after: 'holdTimeout', delay: 30_000 }]]);
    const waiting = walk(publisherMachine, behind.snapshot, publish('a'), stored(43));
    expect(waiting.value).toBe('holding');
    const { value, snapshot } = step(publisherMachine, waiting, stored(44));
    expect([value, snapshot.context.current?.seq]).toEqual(['drafting', 44]);
  });

  // g[verify leader.hold-again]
  it('waits half a minute at most, and not again until a member says so again', () => {
    const late = step(publisherMachine, behind.snapshot, due);
    expect(late.value).toBe('ready');
    expect(step(publisherMachine, late.snapshot, publish('a')).value).toBe('drafting');
    expect(step(publisherMachine, late.snapshot, heard(second, 44)).value).toBe('holding');
  });

  // g[verify leader.hold-again]
  it('waits for that payload alone, though too few members were heard after the start', () => {
    const late = walk(publisherMachine, started().snapshot, due, heard(own, 44));
    expect(late.value).toBe('holding');
    expect(step(publisherMachine, late, stored(44)).value).toBe('ready');
  });

  // g[verify leader.hold-again]
  it('finishes the change under way, and holds back the next', () => {
    const drafting = walk(publisherMachine, ready, publish('a'), heard(own, 44), publish('b'));
    expect(drafting.value).toBe('drafting');
    expect(step(publisherMachine, drafting, { type: 'draft.unchanged' }).value).toBe('holding');
  });

  // g[verify leader.hold-again]
  it('does not wait with a forced change', () => {
    expect(step(publisherMachine, behind.snapshot, publish('a', { force: true })).value).toBe('drafting');
  });

  // g[verify leader.hold]
  it('hears nothing in the greeting of a member that is just joining', () => {
    const { snapshot } = started();
    const joining = walk(publisherMachine, snapshot, heard(own, 0), heard(second, 0));
    expect([joining.value, joining.context.heard]).toEqual(['holding', []]);
  });
});

describe('a change', () => {
  const drafting = step(publisherMachine, ready, publish('a', { expectSeq: 42 }));
  const signing = step(publisherMachine, drafting.snapshot, { type: 'draft.ready' });
  const version = { seq: 43, hash: 'cd'.repeat(32) };
  const storing = step(publisherMachine, signing.snapshot, { type: 'draft.signed', version });
  const next = standingOf({ seq: 43 }, { role: 'leader' });
  const changes = { membersAdded: [third], membersRemoved: [], paramsChanged: ['greeting'] };

  // g[verify leader.persist-then-speak]
  it('is drafted, signed, stored, and only then told', () => {
    const spawned = [drafting, signing, storing].map(({ value, rows }) => [
      value,
      said(rows),
      rows.filter((row) => 'spawn' in row),
    ]);
    expect(spawned).toEqual([
      [
        'drafting',
        [],
        [
          {
            spawn: '0.publisher.drafting',
            input: { request: request('a', { expectSeq: 42 }), current: standing.version },
          },
        ],
      ],
      ['signing', [], [{ spawn: '0.publisher.signing', input: { requestId: 'a' } }]],
      [
        'storing',
        [],
        [
          {
            spawn: '0.publisher.storing',
            input: expect.objectContaining({ version, request: request('a', { expectSeq: 42 }) }),
          },
        ],
      ],
    ]);
    const stored = step(publisherMachine, storing.snapshot, {
      type: 'publish.stored',
      standing: next,
      ...changes,
    });
    expect([stored.value, said(stored.rows), stored.snapshot.context.current]).toEqual([
      'ready',
      [
        {
          to: 'parent',
          event: { type: 'payload.published', requestId: 'a', actor: operator, standing: next, ...changes },
        },
      ],
      next.version,
    ]);
  });

  // g[verify leader.unchanged]
  it('that changes nothing is answered without a number', () => {
    const { value, rows, snapshot } = step(publisherMachine, drafting.snapshot, { type: 'draft.unchanged' });
    expect([value, said(rows), snapshot.context.current]).toEqual([
      'ready',
      [{ to: 'parent', event: { type: 'publish.unchanged', requestId: 'a' } }],
      standing.version,
    ]);
  });

  // g[verify leader.refusal]
  it.each([
    ['when it is drafted', drafting, 'draft.refused'],
    ['when it cannot be stored', storing, 'publish.failed'],
  ] as const)('that is refused %s takes no number', (_title, { snapshot }, type) => {
    const refusal = { code: 'requirements_invalid', message: 'too large' } as const;
    const refused = step(publisherMachine, snapshot, { type, refusal });
    expect([refused.value, said(refused.rows), refused.snapshot.context.current]).toEqual([
      'ready',
      [{ to: 'parent', event: { type: 'publish.refused', requestId: 'a', actor: operator, refusal } }],
      standing.version,
    ]);
  });

  // g[verify leader.one-at-a-time]
  it('waits for the one before it, and starts from what that one made', () => {
    const waiting = walk(publisherMachine, storing.snapshot, publish('b'));
    expect(waiting.value).toBe('storing');
    const { value, rows } = step(publisherMachine, waiting, {
      type: 'publish.stored',
      standing: next,
      ...changes,
    });
    expect([value, rows.filter((row) => 'spawn' in row)]).toEqual([
      'drafting',
      [{ spawn: '0.publisher.drafting', input: { request: request('b'), current: next.version } }],
    ]);
  });

  // g[verify leader.one-at-a-time]
  it('is not put back by late word of an older payload', () => {
    const stored = walk(publisherMachine, storing.snapshot, {
      type: 'publish.stored',
      standing: next,
      ...changes,
    });
    const { snapshot } = step(publisherMachine, stored, { type: 'standing.changed', standing });
    expect(snapshot.context.current).toEqual(next.version);
  });

  // g[verify leader.draft-again]
  it.each([
    ['drafted', drafting],
    ['signed', signing],
  ])('is drafted again when a newer payload comes in while it is %s', (_title, { snapshot }) => {
    const again = step(publisherMachine, snapshot, { type: 'standing.changed', standing: next });
    expect([again.value, again.rows.filter((row) => 'spawn' in row)]).toEqual([
      'drafting',
      [
        {
          spawn: '0.publisher.drafting',
          input: { request: request('a', { expectSeq: 42 }), current: next.version },
        },
      ],
    ]);
    const echo = step(publisherMachine, again.snapshot, { type: 'standing.changed', standing: next });
    expect([echo.value, echo.rows]).toEqual(['drafting', []]);
  });

  // g[verify leader.queue]
  it('beyond the bound of those that wait is refused at once', () => {
    const many = Array.from({ length: publishQueueMax }, (_, index) => publish(`waiting ${index}`));
    const full = walk(publisherMachine, drafting.snapshot, ...many);
    const found = { type: 'found' as const, requestId: 'one more', label: 'x', actor: operator };
    for (const event of [publish('one more'), found]) {
      const { value, rows, changes: changed } = step(publisherMachine, full, event);
      expect([value, rows, changed]).toEqual([
        'drafting',
        [
          {
            to: 'parent',
            event: {
              type: 'publish.refused',
              requestId: 'one more',
              actor: operator,
              refusal: {
                code: 'operation_in_progress',
                message: '64 changes are waiting to be published: try again in a moment',
              },
            },
          },
        ],
        {},
      ]);
    }
  });
});

describe('founding', () => {
  //
  it('is the first change, and waits for nobody', () => {
    const outside = begin(publisherMachine, { standing: null, ownFingerprint });
    const { value, rows } = step(publisherMachine, outside.snapshot, {
      type: 'found',
      requestId: 'f',
      label: 'clinic-1',
      actor: operator,
    });
    expect([value, rows.filter((row) => 'spawn' in row)]).toEqual([
      'drafting',
      [
        {
          spawn: '0.publisher.drafting',
          input: {
            request: request('f', { change: { kind: 'found', label: 'clinic-1' }, force: true }),
            current: null,
          },
        },
      ],
    ]);
  });
});
