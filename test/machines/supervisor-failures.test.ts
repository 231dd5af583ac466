/** The supervisor and its children that fail, members that seem to be revoked, and the end. */
import { describe, expect, it } from 'vitest';
import { initialContext } from '../../machines/supervisor-context.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { base, take } from '../../machines/supervisor-setup.ts';
import { leader } from '../protocol/fixtures.ts';
import { outsider, second, standingOf, third } from './grove-fixtures.ts';
import {
  accepted,
  address,
  applied,
  at,
  broken,
  close,
  closed,
  dialNobody,
  failed,
  following,
  greeted,
  held,
  inputOf,
  join,
  joinConnected,
  joinFailed,
  joining,
  judged,
  leadingLinked,
  ledHere,
  linked,
  outside,
  publish,
  refusedRow,
  revoked,
  settled,
  stopping,
  trust,
  trustNobodyForGood,
} from './supervisor-cases.ts';
import { begin, step, walk } from './transition-rows.ts';

const { members } = held;

describe('stopping', () => {
  // g[verify membership.stop]
  it('saves, says goodbye on every link, and waits for them', () => {
    const { value, rows } = step(supervisorMachine, linked, { type: 'shutdown' });
    expect([value, rows]).toEqual([
      { stopping: 'flushing' },
      [
        { to: 'dialLoop', event: { type: 'book.flush' } },
        close('1', 7, 'this node stops'),
        close('2', 7, 'this node stops'),
        trustNobodyForGood,
        dialNobody,
        expect.objectContaining({ event: { type: 'book.flushed' } }),
        { after: 'shutdownTimeout', delay: 2_000 },
      ],
    ]);
    const closing = walk(supervisorMachine, stopping, { type: 'book.flushed' });
    expect(closing.value).toEqual({ stopping: 'closing' });
    const one = walk(supervisorMachine, closing, closed('1', second));
    expect(one.status).toBe('active');
    expect(walk(supervisorMachine, one, closed('2', third))).toMatchObject({
      value: 'stopped',
      status: 'done',
    });
    const late = { type: 'xstate.after.shutdownTimeout.supervisor.stopping' } as never;
    expect(walk(supervisorMachine, closing, late)).toMatchObject({ value: 'stopped', status: 'done' });
  });

  // g[verify membership.stop]
  it('saves what the dial loop hands over on the way out, even without a link', () => {
    const stoppingAlone = walk(supervisorMachine, following, { type: 'shutdown' });
    const save = { type: 'book.save' as const, rows: [] };
    const { rows, snapshot } = step(supervisorMachine, stoppingAlone, save);
    expect(rows).toEqual([{ to: 'bookkeeper', event: save }]);
    expect(walk(supervisorMachine, snapshot, { type: 'shutdown' }, { type: 'book.flushed' }).status).toBe(
      'done',
    );
  });
});

describe('a child that fails while the node stops', () => {
  // g[verify membership.stop]
  it.each(['dialLoop', 'news', 'peer.1'])('is not replaced, and keeps no node from its end: %s', (name) => {
    const tired = walk(supervisorMachine, linked, ...Array.from({ length: 5 }, () => broken('news')));
    const before = walk(supervisorMachine, tired, { type: 'shutdown' });
    const { value, rows, snapshot } = step(supervisorMachine, before, broken(name));
    expect([value, rows]).toEqual([{ stopping: 'flushing' }, []]);
    const late = { type: 'xstate.after.shutdownTimeout.supervisor.stopping' } as never;
    expect(walk(supervisorMachine, snapshot, { type: 'book.flushed' }, late).status).toBe('done');
  });
});

describe('a child that fails', () => {
  const forgiven = { raise: { type: 'restart.forgiven' }, delay: 60_000 };

  // g[verify membership.supervision]
  it.each([
    ['endpoint', [trust(members)]],
    ['bookkeeper', []],
    ['applier', []],
    ['news', [{ to: 'news', event: { type: 'news.stored', version: held.version } }]],
    [
      'dialLoop',
      ['1', '2'].map((linkId, index) => ({
        to: 'dialLoop',
        event: {
          type: 'link.up',
          fingerprint: index === 0 ? second : third,
          address: `${address}${linkId}`,
          direction: 'inbound',
          at: expect.any(String),
        },
      })),
    ],
  ])('is replaced and told what it has to know: %s', (name, primed) => {
    const { value, rows, changes } = step(supervisorMachine, linked, broken(name));
    expect([value, changes]).toEqual([linked.value, { restarts: 1 }]);
    expect(rows).toEqual([forgiven, { stop: name }, { spawn: name, input: expect.anything() }, ...primed]);
  });

  // g[verify membership.supervision] g[verify leader.failed-publish]
  it('is replaced when it is the publisher: its changes are answered, members need not greet again', () => {
    const waiting = walk(supervisorMachine, leadingLinked, publish, { ...publish, requestId: 'q' });
    const { rows, changes } = step(supervisorMachine, waiting, broken('publisher'));
    expect(changes).toEqual({ restarts: 1, publishing: [] });
    expect(rows).toEqual([
      forgiven,
      { stop: 'publisher' },
      { spawn: 'publisher', input: { ownFingerprint: leader.fingerprint, standing: ledHere } },
      refusedRow('p', 'internal', expect.stringContaining('publishing failed inside the node')),
      refusedRow('q', 'internal', expect.stringContaining('publishing failed inside the node')),
      { to: 'publisher', event: { type: 'member.heard', fingerprint: second, seq: 42 } },
      { to: 'publisher', event: { type: 'member.heard', fingerprint: third, seq: 42 } },
    ]);
  });

  // g[verify membership.supervision]
  it('is replaced while joining with what is awaited, and let go when it was a dial', () => {
    const applier = step(supervisorMachine, joining, broken('applier'));
    expect(applier.rows.at(-1)).toEqual({ to: 'applier', event: { type: 'join.began', pin: join.pin } });
    const dial = step(supervisorMachine, joining, broken('join.1'));
    expect([dial.value, dial.rows]).toEqual([{ joining: 'trying' }, [forgiven, { stop: 'join.1' }]]);
  });

  // g[verify membership.supervision]
  it('closes its link when it was one, and the dial loop hears of it', () => {
    const { rows, snapshot } = step(supervisorMachine, linked, broken('peer.1'));
    const reason = 'internal mistake on this link';
    expect(Object.keys(snapshot.context.links)).toEqual(['2']);
    expect(rows).toMatchObject([
      { raise: { type: 'link.forgiven', fingerprint: second }, delay: 60_000 },
      { stop: 'peer.1' },
      { to: 'endpoint', event: { type: 'link.reject', linkId: '1', code: 2, reason } },
      { to: 'news', event: { type: 'news.link-gone', linkId: '1' } },
      { emit: { type: 'grove.peer-disconnected', fp: second, reason } },
      {
        to: 'dialLoop',
        event: { type: 'link.down', fingerprint: second, greeted: true, error: true, reason },
      },
    ]);
  });

  // g[verify membership.link-failures]
  it('never ends the node when it is a link, and has its peer turned away for a while', () => {
    const failing = Array.from({ length: 5 }, (_, index) => [
      accepted(`f${index}`, second),
      broken(`peer.f${index}`),
    ]).flat();
    const tired = walk(
      supervisorMachine,
      following,
      ...failing,
      ...Array.from({ length: 5 }, () => broken('news')),
    );
    expect([tired.value, tired.context.restarts]).toEqual([following.value, 5]);
    const turnedAway = step(supervisorMachine, tired, accepted('9', second));
    const reason = 'links to this peer failed too often within a minute';
    const reject = { to: 'endpoint', event: { type: 'link.reject', linkId: '9', code: 6, reason } };
    expect([turnedAway.rows, turnedAway.changes]).toEqual([[reject], {}]);
    const dialled = step(supervisorMachine, tired, { ...accepted('9', second), type: 'link.dialled' });
    expect(dialled.rows).toMatchObject([
      reject,
      { to: 'dialLoop', event: { type: 'link.down', greeted: false } },
    ]);
    expect(step(supervisorMachine, tired, accepted('9', third)).rows).toMatchObject([{ spawn: 'peer.9' }]);
    const sixth = walk(supervisorMachine, tired, accepted('8', third), broken('peer.8'));
    expect(sixth.value).toEqual(following.value);
    const forgiven = walk(supervisorMachine, tired, { type: 'link.forgiven', fingerprint: second });
    expect(step(supervisorMachine, forgiven, accepted('9', second)).rows).toMatchObject([
      { spawn: 'peer.9' },
    ]);
  });

  // g[verify membership.supervision]
  it('is too much when it happens a sixth time within a minute', () => {
    const five = walk(supervisorMachine, linked, ...Array.from({ length: 5 }, () => broken('news')));
    expect([five.value, five.context.restarts]).toEqual([linked.value, 5]);
    const patient = walk(supervisorMachine, five, { type: 'restart.forgiven' }, broken('news'));
    expect(patient.value).toEqual(linked.value);
    const { value, rows, changes } = step(supervisorMachine, five, broken('news'));
    const failure = 'news failed again after 5 restarts: a mistake';
    expect([value, changes]).toEqual(['failed', { failure }]);
    expect(rows).toEqual([
      { emit: { type: 'node.failed', detail: failure } },
      close('1', 7, 'this node stops'),
      close('2', 7, 'this node stops'),
      trustNobodyForGood,
      dialNobody,
    ]);
    expect(step(supervisorMachine, failed, broken('applier'))).toMatchObject({ value: 'failed', rows: [] });
    expect(step(supervisorMachine, failed, { type: 'shutdown' }).value).toEqual({ stopping: 'flushing' });
  });
});

describe('what is meant for an actor that is gone', () => {
  it.each([
    ['a link', { do: 'peer', linkId: 'gone', event: { type: 'pull' } }],
    ['the publisher', { do: 'publisher', event: publish }],
  ] as const)('is dropped: %s', (_title, effect) => {
    const machine = base
      .extend({ actions: { send: take(() => ({ changes: {}, effects: [effect] })) } })
      .createMachine({ context: ({ input }) => initialContext(input), entry: 'send' });
    expect(begin(machine, inputOf()).rows).toEqual([]);
  });
});

describe('a dial loop that is replaced', () => {
  const row = (fingerprint: string, text: string) => ({
    fingerprint,
    addresses: [{ address: text, source: 'verified' as const }],
    lastConnectedAt: at,
    lastSeenAt: null,
  });
  const save = (...rows: ReturnType<typeof row>[]) => ({ type: 'book.save' as const, rows });
  const replaced = (from: typeof linked) => {
    const { rows } = step(supervisorMachine, from, broken('dialLoop'));
    return rows.flatMap((each) => ('spawn' in each ? [each.input] : []));
  };

  // g[verify membership.supervision]
  it('has the latest row of each member, and those of members only', () => {
    const saved = walk(
      supervisorMachine,
      linked,
      save(row(second, '10.0.0.8:1'), row(third, '10.0.0.3:1')),
      save(row(second, '10.0.0.9:1'), row(outsider, '10.0.0.7:1')),
    );
    const kept = [row(third, '10.0.0.3:1'), row(second, '10.0.0.9:1')];
    expect(replaced(saved)).toMatchObject([{ members, rows: kept }]);
    const without = standingOf({ seq: 43 }, { members: members.filter((member) => member !== third) });
    const fewer = walk(supervisorMachine, saved, applied(without, { membersRemoved: [third] }));
    expect(replaced(fewer)).toMatchObject([{ rows: kept.slice(1) }]);
  });

  // g[verify membership.supervision]
  it('dials nobody once the node is revoked', () => {
    expect(replaced(revoked)).toMatchObject([{ members: [] }]);
  });
});

describe('a member that hears it was revoked', () => {
  const voice = (linkId: string, fingerprint: string) =>
    closed(linkId, fingerprint, { code: 4, reason: 'seq=43' });
  const suspect = (on: boolean) => ({ to: 'dialLoop', event: { type: 'revocation.suspected', on } });

  // g[verify membership.suspected]
  it('believes two members, and no less', () => {
    const one = walk(supervisorMachine, linked, voice('1', second));
    expect(one.value).toEqual({ member: { following: 'trusted' } });
    const again = walk(supervisorMachine, one, accepted('3', second), voice('3', second));
    expect(again.value).toEqual({ member: { following: 'trusted' } });
    const two = step(supervisorMachine, one, voice('2', third));
    expect([two.value, two.rows.at(-1)]).toEqual([
      { member: { following: 'suspectedRevoked' } },
      suspect(true),
    ]);
    const link = walk(supervisorMachine, two.snapshot, accepted('4', third));
    const back = step(supervisorMachine, link, greeted('4', third));
    expect([back.value, back.rows.at(-1)]).toEqual([{ member: { following: 'trusted' } }, suspect(false)]);
  });

  // g[verify membership.suspected]
  it('believes the leader alone, and nobody who merely hangs up', () => {
    const link = walk(supervisorMachine, linked, accepted('3', leader.fingerprint));
    const ordinary = walk(supervisorMachine, link, closed('3', leader.fingerprint, { code: 0 }));
    expect(ordinary.value).toEqual({ member: { following: 'trusted' } });
    const told = walk(supervisorMachine, link, voice('3', leader.fingerprint));
    expect(told.value).toEqual({ member: { following: 'suspectedRevoked' } });
    // Another dial loop hears of it too.
    expect(step(supervisorMachine, told, broken('dialLoop')).rows.at(-1)).toEqual(suspect(true));
  });

  // g[verify gossip.suspicion]
  it.each([
    ['an older number, even from the leader', leader.fingerprint, 'seq=41', 'trusted'],
    ['the number it holds', leader.fingerprint, 'seq=42', 'trusted'],
    ['a newer number from the leader', leader.fingerprint, 'seq=43', 'suspectedRevoked'],
    ['no number from the leader', leader.fingerprint, 'go away', 'suspectedRevoked'],
  ])('weighs what it is told: %s', (_title, fingerprint, reason, following) => {
    const link = walk(supervisorMachine, linked, accepted('3', fingerprint));
    const { value } = step(supervisorMachine, link, closed('3', fingerprint, { code: 4, reason }));
    expect(value).toEqual({ member: { following } });
  });

  // g[verify gossip.suspicion]
  it('believes no two members that name no number, and nobody any more once a newer payload lists it', () => {
    const vague = (linkId: string, fingerprint: string) => closed(linkId, fingerprint, { code: 4 });
    const unmoved = walk(supervisorMachine, linked, vague('1', second), vague('2', third));
    expect(unmoved.context.revocationVoices).toEqual([]);
    const told = walk(supervisorMachine, linked, voice('1', second), voice('2', third));
    const { value, rows, snapshot } = step(supervisorMachine, told, applied(standingOf({ seq: 44 })));
    expect([value, rows.at(-1)]).toEqual([{ member: { following: 'trusted' } }, suspect(false)]);
    expect(snapshot.context.revocationVoices).toEqual([]);
  });
});

describe('a join through a node that was reached', () => {
  const reason = (code: string, why: string) => [
    code,
    `the node at ${address} was reached, but the join did not work: ${why}`,
  ];
  const [first] = join.targets;
  const oneTarget = { ...join, targets: [first] } as typeof join;
  const joiningOne = walk(supervisorMachine, outside, oneTarget);
  const reachedOne = walk(supervisorMachine, joiningOne, joinConnected(1, '9'), greeted('9', second));
  const answers = (rows: ReturnType<typeof step>['rows']) =>
    settled(rows).map((row) => {
      const { verdict } = row as { verdict: { reason: { code: string; message: string } } };
      return [verdict.reason.code, verdict.reason.message];
    });

  // g[verify membership.join-failures]
  it.each([
    [{ code: 6 }, reason('operation_in_progress', 'busy: try again later')],
    [{ code: 7 }, reason('operation_in_progress', 'shutting_down: try again later')],
    [{ code: 3, aborted: 'version_too_old' }, reason('requirements_invalid', 'aborted: version_too_old')],
    [{ code: 3, aborted: 'payload_too_large' }, reason('requirements_invalid', 'aborted: payload_too_large')],
    [
      { by: 'us', code: 3, aborted: { other: 'malformed' } },
      reason('requirements_invalid', 'aborted: malformed'),
    ],
  ] as const)('is answered with what stood in the way: %o', (end, answer) => {
    const { value, rows } = step(supervisorMachine, reachedOne, closed('9', second, end));
    expect([value, answers(rows)]).toEqual(['outside', [answer]]);
  });

  // g[verify membership.join-failures]
  it('is answered so when the number of the payload jumps', () => {
    const parked = { kind: 'parked', version: { seq: 9, hash: '' }, why: 'seq_jump' } as const;
    const refused = walk(supervisorMachine, reachedOne, judged('9', parked));
    const { rows } = step(supervisorMachine, refused, closed('9', second));
    expect(answers(rows)).toEqual([
      reason(
        'requirements_invalid',
        'the number of its payload is more than a million ahead of the one this node held',
      ),
    ]);
  });

  // g[verify membership.join-failures]
  it('is answered so when the dial was closed as busy', () => {
    const { rows } = step(supervisorMachine, joiningOne, joinFailed({ address, kind: 'refused', code: 6 }));
    expect(answers(rows)).toEqual([reason('operation_in_progress', 'refused there: try again later')]);
  });
});
