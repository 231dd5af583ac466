/** The supervisor walked without running it: the states of a node's life in its grove, and what each step does. */
import { describe, expect, it } from 'vitest';
import type { SupervisorToDialLoop } from '../../machines/dial-events.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { restartsMax } from '../../src/protocol/index.ts';
import { offer, operator, own, second, standingOf, third } from './grove-fixtures.ts';
import {
  accepted,
  address,
  applied,
  broken,
  close,
  closed,
  dialNobody,
  found,
  founding,
  greeted,
  held,
  inputOf,
  join,
  joinConnected,
  joining,
  leadingLinked,
  leave,
  leaving,
  ledHere,
  linked,
  lost,
  outside,
  publish,
  published,
  reached,
  refusedRow,
  refusedWith,
  revoked,
  settled,
  trust,
} from './supervisor-cases.ts';
import { begin, type Row, step, walk } from './transition-rows.ts';

const { members } = held;
const services = ['endpoint', 'bookkeeper', 'applier', 'news', 'dialLoop', 'paramActuator'];
const withoutSpawns = (rows: readonly Row[]) => rows.filter((row) => !('spawn' in row));

describe('a node that starts', () => {
  it.each([
    ['outside', inputOf({ standing: null }), 'outside', []],
    ['a member', inputOf(), { member: { following: 'trusted' } }, [trust(members)]],
    ['the leader', inputOf({ standing: ledHere }), { member: 'leading' }, [trust(members)]],
    ['revoked', inputOf({ revoked: true }), 'revoked', [trust([]), dialNobody, lost]],
  ])('%s has its services and trusts whom its payload lists', (_title, input, state, rows) => {
    const { value, rows: all } = begin(supervisorMachine, input);
    const spawned = all.flatMap((row) => ('spawn' in row ? [row.spawn] : []));
    const publisher = state === 'outside' || typeof state === 'string' || !('member' in state);
    expect(value).toEqual(state);
    expect(spawned).toEqual(publisher || state.member !== 'leading' ? services : [...services, 'publisher']);
    expect(withoutSpawns(all)).toEqual(rows);
  });
});

describe('founding', () => {
  // g[verify membership.founding]
  it('is the publisher’s first change', () => {
    const { value, rows } = step(supervisorMachine, outside, found);
    expect([value, rows]).toEqual([
      'founding',
      [
        { spawn: 'publisher', input: { ownFingerprint: own, standing: null } },
        { to: 'publisher', event: found },
      ],
    ]);
  });

  // g[verify membership.founding]
  it('ends in leading, with the new grove told and the request answered', () => {
    const standing = standingOf({ seq: 1 }, { role: 'leader', members: [own] });
    const { value, rows } = step(
      supervisorMachine,
      founding,
      published(standing, { requestId: 'f', membersAdded: [own] }),
    );
    const { groveId, leaderFingerprint: leader_fp, version } = standing;
    expect(value).toEqual({ member: 'leading' });
    expect(rows).toEqual([
      { to: 'news', event: { type: 'news.arrived', version } },
      { to: 'endpoint', event: { type: 'trust.set', members: [own], seq: 1 } },
      { to: 'news', event: { type: 'news.stored', version } },
      { to: 'publisher', event: { type: 'standing.changed', standing } },
      { to: 'dialLoop', event: { type: 'membership.changed', members: [own] } },
      { to: 'applier', event: { type: 'standing.changed', standing } },
      {
        emit: {
          type: 'grove.payload-applied',
          seq: 1,
          params_changed: [],
          members_changed: true,
          actor: operator,
        },
      },
      { emit: { type: 'grove.joined', grove_id: groveId, leader_fp, seq: 1, actor: operator } },
      {
        emit: {
          type: 'request.settled',
          requestId: 'f',
          verdict: { ok: true, value: { grove_id: groveId, seq: 1, leader_fp, members_count: 1 } },
        },
      },
    ]);
  });

  it('that is refused or fails leaves the node outside, without a publisher, and is answered once', () => {
    const refusal = { code: 'requirements_invalid', message: 'the label is empty' } as const;
    const refused = step(supervisorMachine, founding, {
      type: 'publish.refused',
      requestId: 'f',
      actor: operator,
      refusal,
    });
    expect([refused.value, refused.rows]).toEqual([
      'outside',
      [
        { emit: { type: 'grove.publish-rejected', reason: 'the label is empty', actor: operator } },
        refusedRow('f', 'requirements_invalid', 'the label is empty'),
        { stop: 'publisher' },
      ],
    ]);
    const crashed = step(supervisorMachine, founding, broken('publisher'));
    expect([crashed.value, settled(crashed.rows), crashed.rows.at(-1)]).toEqual([
      'outside',
      [refusedWith('f', 'internal', expect.stringContaining('publishing failed inside the node'))],
      { stop: 'publisher' },
    ]);
  });

  // g[verify membership.founding]
  it('goes on when an actor fails that has no part in it', () => {
    const { value, rows } = step(supervisorMachine, founding, broken('news'));
    expect([value, settled(rows)]).toEqual(['founding', []]);
    expect(rows).toContainEqual(expect.objectContaining({ spawn: 'news' }));
  });

  // g[verify membership.supervision]
  it.each(['publisher', 'news'])('ends with the node when actors fail too often, the last being %s', (id) => {
    const tired = Array.from({ length: restartsMax }, () => broken('news'));
    const { value, rows } = step(supervisorMachine, walk(supervisorMachine, founding, ...tired), broken(id));
    expect([value, rows]).toEqual([
      'failed',
      expect.arrayContaining([{ emit: expect.objectContaining({ type: 'node.failed' }) }]),
    ]);
  });
});

describe('joining', () => {
  // g[verify membership.join]
  it('dials every target, and greets the first to connect with what the invite pins', () => {
    const began = step(supervisorMachine, outside, join);
    expect([began.value, began.rows]).toEqual([
      { joining: 'trying' },
      [
        { to: 'applier', event: { type: 'join.began', pin: join.pin } },
        { after: 'joinTimeout', delay: 30_000 },
        { spawn: 'join.1', input: { attempt: 'join.1', targets: join.targets } },
      ],
    ]);
    const connected = step(supervisorMachine, joining, joinConnected(1, '9'));
    expect([connected.value, connected.rows]).toEqual([
      { joining: 'awaiting' },
      [
        { stop: 'join.1' },
        {
          spawn: 'peer.9',
          input: {
            linkId: '9',
            fingerprint: second,
            direction: 'outbound',
            address,
            ownFingerprint: own,
            boot: '77',
            push: 'version',
            standing: null,
            pin: join.pin,
          },
        },
        { after: 'joinAnswerTimeout', delay: 7_000 },
      ],
    ]);
  });

  // g[verify membership.join-silent]
  it('gives up on a node that sends no payload, but not on one whose payload is being judged', () => {
    const late = { type: 'xstate.after.joinAnswerTimeout.supervisor.joining.awaiting' } as never;
    const silent = step(supervisorMachine, reached, late);
    expect(silent.rows).toEqual([close('9', 0, 'no payload in time')]);
    expect(silent.snapshot.context.join?.failures).toEqual([
      { address, kind: 'silent', detail: 'it took the link and sent no payload in time' },
    ]);
    const next = step(supervisorMachine, silent.snapshot, closed('9', second, { by: 'us' }));
    expect([next.value, next.rows]).toMatchObject([
      { joining: 'trying' },
      expect.arrayContaining([{ spawn: 'join.2', input: { attempt: 'join.2', targets: [join.targets[1]] } }]),
    ]);
    const { candidate } = offer();
    const answered = step(supervisorMachine, reached, { ...candidate, linkId: '9' });
    expect(answered.rows).toContainEqual({ cancel: 'joinAnswerTimeout' });
    const other = step(supervisorMachine, reached, { ...candidate, linkId: '8' });
    expect(other.value).toEqual({ joining: 'awaiting' });
  });

  // g[verify membership.join]
  it('ends in following: links, trust and dialling follow the payload, and the invite’s addresses stay', () => {
    const { value, rows, snapshot } = step(
      supervisorMachine,
      reached,
      applied(held, { linkId: '9', membersAdded: members }),
    );
    const { groveId: grove_id, leaderFingerprint: leader_fp, version } = held;
    const saved = join.targets.map((target) => ({
      fingerprint: target.fingerprint,
      addresses: [{ address: target.address, source: 'configured' }],
      lastConnectedAt: null,
      lastSeenAt: null,
    }));
    expect([value, snapshot.context.join]).toEqual([{ member: { following: 'trusted' } }, null]);
    expect(rows.filter((row) => !('cancel' in row))).toEqual([
      { emit: { type: 'grove.payload-applied', seq: 42, params_changed: [], members_changed: true } },
      trust(members),
      { to: 'news', event: { type: 'news.stored', version } },
      { to: 'dialLoop', event: { type: 'membership.changed', members } },
      { emit: { type: 'grove.peer-connected', fp: second, direction: 'outbound', address } },
      {
        to: 'dialLoop',
        event: {
          type: 'link.up',
          fingerprint: second,
          address,
          direction: 'outbound',
          at: expect.any(String),
        },
      },
      { to: 'dialLoop', event: { type: 'membership.changed', members, rows: saved } },
      { emit: { type: 'grove.joined', grove_id, seq: 42, leader_fp, actor: operator } },
      {
        emit: {
          type: 'request.settled',
          requestId: 'j',
          verdict: { ok: true, value: { grove_id, seq: 42, leader_fp } },
        },
      },
    ]);
  });

  // g[verify dial.merge]
  it('keeps every address the invite names for one node', () => {
    const [first, third] = join.targets;
    const more = { ...join, targets: [first, { ...first, address: '192.0.2.7:7891' }, third] } as typeof join;
    const arrived = walk(supervisorMachine, outside, more, joinConnected(1, '9'), greeted('9', second));
    const { rows } = step(supervisorMachine, arrived, applied(held, { linkId: '9', membersAdded: members }));
    const events = rows.flatMap((row) => ('to' in row ? [row.event as SupervisorToDialLoop] : []));
    const told = events.flatMap((event) => (event.type === 'membership.changed' ? (event.rows ?? []) : []));
    expect(told.map(({ addresses }) => addresses.map(({ address: text }) => text))).toEqual([
      [address, '192.0.2.7:7891'],
      ['10.0.0.3:7891'],
    ]);
  });

  // g[verify leader.lost-disk]
  it('of its own grove ends in leading, with the member that helped already heard', () => {
    const { value, rows } = step(supervisorMachine, reached, applied(ledHere, { linkId: '9' }));
    expect(value).toEqual({ member: 'leading' });
    expect(rows.filter((row) => ('spawn' in row ? true : 'to' in row && row.to === 'publisher'))).toEqual([
      { spawn: 'publisher', input: { ownFingerprint: own, standing: ledHere } },
      { to: 'publisher', event: { type: 'member.heard', fingerprint: second, seq: 42 } },
      { to: 'publisher', event: { type: 'standing.changed', standing: ledHere } },
    ]);
    expect(rows).toContainEqual({ emit: { type: 'grove.leader-state-recovered', seq: 42 } });
  });
});

describe('leaving', () => {
  // g[verify membership.leave]
  it('closes every link, trusts nobody, and forgets the grove once that is stored', () => {
    const mapping = { app: 'web', app_param: 'hello', grove_param: 'greeting' };
    const began = step(supervisorMachine, linked, leave);
    expect([began.value, began.rows]).toEqual(['leaving', [{ spawn: 'departGrove', input: {} }]]);
    const departed = step(supervisorMachine, began.snapshot, {
      type: 'grove.departed',
      unmapped: [{ app: 'web', appParam: 'hello', groveParam: 'greeting' }],
    });
    expect([departed.value, departed.rows.filter((row) => !('stop' in row))]).toEqual([
      'outside',
      [
        close('1', 0, 'this node leaves the grove'),
        close('2', 0, 'this node leaves the grove'),
        trust([]),
        lost,
        { to: 'news', event: { type: 'standing.lost' } },
        dialNobody,
        { emit: { type: 'grove.mapping-removed', ...mapping, actor: operator } },
        { emit: { type: 'grove.left', grove_id: held.groveId, actor: operator } },
        { emit: { type: 'request.settled', requestId: 'l', verdict: { ok: true, value: {} } } },
        { to: 'dialLoop', event: { type: 'revocation.suspected', on: false } },
      ],
    ]);
    expect(departed.snapshot.context).toMatchObject({
      standing: null,
      revoked: false,
      revocationVoices: [],
      book: [],
      boots: {},
      leaving: null,
    });
  });

  // g[verify membership.leave-failed]
  it.each([
    ['cannot be stored', { type: 'depart.failed', detail: 'the disk is full' }, 'the disk is full'],
    ['fails inside the node', broken('departGrove'), 'a mistake'],
  ] as const)('that %s leaves the node where it was, links and all', (_title, event, detail) => {
    const before = walk(supervisorMachine, linked, leave);
    const { value, rows, snapshot } = step(supervisorMachine, before, event);
    expect([value, rows.filter((row) => !('stop' in row))]).toEqual([
      { member: { following: 'trusted' } },
      [refusedRow('l', 'internal', `leaving could not be stored: ${detail}`), trust(members)],
    ]);
    expect(snapshot.context).toEqual(linked.context);
  });

  // g[verify membership.leave-failed]
  it('that fails starts the applier over only when a payload of its was dropped meanwhile', () => {
    const { version, lineBytes } = held;
    const dropped = step(supervisorMachine, leaving, {
      type: 'payload.verified',
      linkId: '1',
      fingerprint: second,
      boot: '41',
      version,
      lineBytes,
      membersRemoved: [],
    });
    const { rows } = step(supervisorMachine, dropped.snapshot, { type: 'depart.failed', detail: '' });
    expect(dropped.rows).toEqual([]);
    expect(rows).toContainEqual({ to: 'applier', event: { type: 'standing.changed', standing: held } });
  });

  // g[verify membership.leave-failed]
  it('that fails leaves a leader with a publisher that knows who is there, and greets go on meanwhile', () => {
    const forced = walk(supervisorMachine, leadingLinked, { ...leave, force: true }, accepted('3', third));
    const met = step(supervisorMachine, forced, greeted('3', third));
    expect(met.rows.filter((row) => 'to' in row && row.to === 'publisher')).toEqual([]);
    const { value, rows } = step(supervisorMachine, met.snapshot, { type: 'depart.failed', detail: '' });
    const heard = { to: 'publisher', event: { type: 'member.heard', fingerprint: third, seq: 42 } };
    expect([value, rows.filter((row) => 'spawn' in row).length]).toEqual([{ member: 'leading' }, 1]);
    expect(rows).toContainEqual(heard);
  });

  // g[verify membership.leave]
  it('takes a leader by force only, and answers what was still to be published', () => {
    const waiting = walk(supervisorMachine, leadingLinked, publish);
    expect(step(supervisorMachine, waiting, leave).value).toEqual({ member: 'leading' });
    const { value, rows, snapshot } = step(supervisorMachine, waiting, { ...leave, force: true });
    expect([value, settled(rows), snapshot.context.publishing]).toEqual([
      'leaving',
      [refusedWith('p', 'operation_in_progress', expect.stringContaining('stopped leading'))],
      [],
    ]);
    expect(rows[0]).toEqual({ stop: 'publisher' });
  });
});

describe('a payload that removes us', () => {
  // g[verify membership.revoked]
  it('closes every link and stops gossip; params and payload stay', () => {
    const standing = standingOf({ seq: 43 });
    const { value, rows, snapshot } = step(
      supervisorMachine,
      linked,
      applied(standing, { revokesUs: true, membersRemoved: [own] }),
    );
    expect([value, rows]).toEqual([
      'revoked',
      [
        { emit: { type: 'grove.payload-applied', seq: 43, params_changed: [], members_changed: true } },
        { emit: { type: 'grove.member-revoked', fp: own } },
        close('1', 0, 'this node was revoked'),
        close('2', 0, 'this node was revoked'),
        trust([], 43),
        dialNobody,
        lost,
      ],
    ]);
    expect(snapshot.context).toMatchObject({ standing, revoked: true });
    expect(step(supervisorMachine, revoked, leave).value).toBe('leaving');
  });
});
