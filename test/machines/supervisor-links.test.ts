/** The supervisor, its links and the payloads that pass between them. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { outsider, own, second, standingOf, third } from './grove-fixtures.ts';
import {
  accepted,
  address,
  closed,
  following,
  greeted,
  held,
  joining,
  judged,
  leadingLinked,
  linked,
  outside,
  revoked,
} from './supervisor-cases.ts';
import { step, walk } from './transition-rows.ts';

const next = standingOf({ seq: 43 });
const ownAddresses = ['192.0.2.9:7891'];
const { listensOnLoopback } = linked.context.input;
const { version } = next;

describe('a link', () => {
  it.each([
    ['that comes in', 'link.accepted', 'inbound'],
    ['that was dialled', 'link.dialled', 'outbound'],
  ] as const)('%s is greeted with what we hold', (_title, type, direction) => {
    const { rows, snapshot } = step(supervisorMachine, following, {
      type,
      linkId: '1',
      fingerprint: second,
      address,
    });
    expect(rows).toEqual([
      {
        spawn: 'peer.1',
        input: {
          linkId: '1',
          fingerprint: second,
          direction,
          address,
          ownFingerprint: own,
          boot: '77',
          push: 'version',
          standing: held,
          pin: null,
        },
      },
    ]);
    expect(snapshot.context.links).toMatchObject({ '1': { direction, order: 1, greetedAt: null } });
  });

  it.each([
    ['outside', outside],
    ['revoked', revoked],
  ])('is turned away while %s', (_title, from) => {
    const event = { type: 'link.dialled', linkId: '1', fingerprint: second, address } as const;
    const { rows, changes } = step(supervisorMachine, from, event);
    expect([rows, changes]).toEqual([
      [
        {
          to: 'endpoint',
          event: { type: 'link.reject', linkId: '1', code: 1, reason: 'this node is in no grove' },
        },
      ],
      {},
    ]);
  });

  // g[verify dial.own-addresses]
  it.each([
    ['outside', outside],
    ['joining', joining],
    ['revoked', revoked],
  ])('that is made later is told the addresses found while %s', (_title, from) => {
    const { rows, snapshot } = step(supervisorMachine, from, {
      type: 'world.changed',
      what: 'network',
      ownAddresses,
    });
    expect(rows).toContainEqual({
      to: 'dialLoop',
      event: { type: 'addresses.changed', ownAddresses, listensOnLoopback },
    });
    expect([snapshot.value, snapshot.context.input.ownAddresses]).toEqual([from.value, ownAddresses]);
  });

  it('that said hello is known to the dial loop, told to operators and told our addresses', () => {
    const entries = [{ fingerprint: third, addresses: ['10.0.0.3:7891'], last_seen: '2026-05-07T11:00:00Z' }];
    const before = walk(
      supervisorMachine,
      following,
      { type: 'peers.changed', entries, news: [] },
      accepted('1', second),
    );
    const { rows } = step(supervisorMachine, before, greeted('1', second));
    expect(rows).toEqual([
      { emit: { type: 'grove.peer-connected', fp: second, direction: 'inbound', address: `${address}1` } },
      {
        to: 'dialLoop',
        event: {
          type: 'link.up',
          fingerprint: second,
          address: `${address}1`,
          direction: 'inbound',
          at: expect.any(String),
        },
      },
      { to: 'peer.1', event: { type: 'peers.tell', entries } },
    ]);
  });

  // g[verify hint.when]
  it('that said hello are told what is new to them, and only when something is', () => {
    const entry = (fingerprint: string, last: number) => ({
      fingerprint,
      addresses: [`10.0.0.${last}:7891`],
      last_seen: '2026-05-07T11:00:00Z',
    });
    const entries = [entry(second, 2), entry(third, 3)];
    const before = walk(supervisorMachine, linked, accepted('3', own));
    const news = [entry(third, 3)];
    const { rows, snapshot } = step(supervisorMachine, before, { type: 'peers.changed', entries, news });
    expect(rows).toEqual([{ to: 'peer.1', event: { type: 'peers.tell', entries: news } }]);
    expect(snapshot.context.peerEntries).toEqual(entries);
    const quiet = step(supervisorMachine, before, { type: 'peers.changed', entries, news: [] });
    expect(quiet.rows).toEqual([]);
    expect(quiet.snapshot.context.peerEntries).toEqual(entries);
  });

  it('to a leader that holds is a member heard, with the number it holds', () => {
    const before = walk(supervisorMachine, leadingLinked, accepted('3', own));
    const { rows } = step(supervisorMachine, before, greeted('3', own, '5', 50));
    expect(rows.at(-1)).toEqual({
      to: 'publisher',
      event: { type: 'member.heard', fingerprint: own, seq: 50 },
    });
  });

  it('is one of two to the same peer: the surplus one is retired', () => {
    const twice = walk(supervisorMachine, linked, {
      type: 'link.dialled',
      linkId: '3',
      fingerprint: second,
      address,
    });
    const { rows } = step(supervisorMachine, twice, greeted('3', second));
    expect(rows.filter((row) => 'to' in row && row.to.startsWith('peer.'))).toEqual([
      {
        to: own < second ? 'peer.1' : 'peer.3',
        event: {
          type: 'peer.retire',
          code: 5,
          reason: 'the other link to this peer is kept',
          replaced: true,
        },
      },
    ]);
  });

  it('from a second process with the same key is a conflict', () => {
    const boots = ['5', '6', '5'].map((boot, index) => [
      accepted(`b${index}`, second),
      greeted(`b${index}`, second, boot),
    ]);
    const [first = [], other = [], back = []] = boots;
    const restarted = walk(supervisorMachine, following, ...first, ...other);
    const before = walk(supervisorMachine, restarted, ...back.slice(0, 1));
    const { rows } = step(supervisorMachine, before, greeted('b2', second, '5'));
    expect(rows).toContainEqual({ emit: { type: 'grove.identity-conflict', fp: second } });
    const calm = step(
      supervisorMachine,
      walk(supervisorMachine, following, ...first, other[0] ?? (first[0] as never)),
      greeted('b1', second, '6'),
    );
    expect(calm.rows).not.toContainEqual({ emit: { type: 'grove.identity-conflict', fp: second } });
  });

  it('is remembered for members only, once there are more than those', () => {
    const strangers = Array.from({ length: 50 }, (_, index) => [index.toString(16).padStart(64, '0'), ['1']]);
    const before = accepted('9', second);
    const crowded = walk(supervisorMachine, following, before);
    const context = { ...crowded.context, boots: Object.fromEntries(strangers) };
    const { snapshot } = step(supervisorMachine, { ...crowded, context }, greeted('9', second, '5'));
    expect(snapshot.context.boots).toEqual({ [second]: ['5'] });
  });

  it.each([
    ['in good order', { code: 0, reason: 'enough other links' }, false, 'ok: enough other links'],
    ['as a duplicate of none', { code: 5, reason: 'duplicate' }, true, 'duplicate'],
    ['as one that we found surplus', { by: 'us' as const, code: 5, reason: '' }, false, 'duplicate'],
    ['by an abort', { code: 3, aborted: 'seq_regression' as const }, true, 'aborted: seq_regression'],
    ['by the network', { by: 'transport' as const, code: null, reason: 'idle' }, true, 'time-out: idle'],
    [
      'by an error below',
      { by: 'transport' as const, code: 10, reason: 'reset' },
      true,
      'transport 10: reset',
    ],
  ])('that ends %s is forgotten everywhere', (_title, end, error, reason) => {
    const { rows, snapshot } = step(supervisorMachine, linked, closed('1', second, end));
    expect(rows).toEqual([
      { stop: 'peer.1' },
      { to: 'news', event: { type: 'news.link-gone', linkId: '1' } },
      { emit: { type: 'grove.peer-disconnected', fp: second, reason } },
      {
        to: 'dialLoop',
        event: {
          type: 'link.down',
          fingerprint: second,
          greeted: true,
          error,
          reason,
          at: expect.any(String),
        },
      },
    ]);
    expect(Object.keys(snapshot.context.links)).toEqual(['2']);
  });

  it('that never said hello is no news, and the dial loop hears of it only when it dialled', () => {
    const inbound = walk(supervisorMachine, following, accepted('1', second));
    const quiet = step(supervisorMachine, inbound, closed('1', second, { greeted: false }));
    expect(quiet.rows).toEqual([
      { stop: 'peer.1' },
      { to: 'news', event: { type: 'news.link-gone', linkId: '1' } },
    ]);
    const stranger = step(supervisorMachine, inbound, closed('8', outsider));
    expect([stranger.rows, stranger.changes]).toEqual([[], {}]);
  });

  it('that the dial loop gives up is closed in good order', () => {
    const { rows } = step(supervisorMachine, linked, { type: 'link.retire', fingerprint: third });
    expect(rows).toEqual([
      { to: 'peer.2', event: { type: 'peer.close', code: 0, reason: 'enough other links' } },
    ]);
  });
});

describe('what is passed between actors', () => {
  const message = { type: 'version', payload: {}, signature: '' } as const;
  const candidate = { type: 'candidate', linkId: '1', fingerprint: second, boot: '41', message } as const;
  const announced = { type: 'peer.announced', linkId: '1', version, comes: 'when-asked' } as const;
  const save = { type: 'book.save', rows: [] } as const;

  it.each([
    ['a candidate', candidate, [{ to: 'applier', event: candidate }]],
    ['an announcement', announced, [{ to: 'news', event: announced }]],
    [
      'hints',
      { type: 'peer.hints', fingerprint: second, entries: [] },
      [{ to: 'dialLoop', event: { type: 'hints', from: second, entries: [] } }],
    ],
    ['a pull', { type: 'news.pull', linkId: '1' }, [{ to: 'peer.1', event: { type: 'pull' } }]],
    ['a pull over a link that is gone', { type: 'news.pull', linkId: '8' }, []],
    [
      'the moment to announce',
      { type: 'news.announce' },
      [
        { to: 'peer.1', event: { type: 'announce', standing: held } },
        { to: 'peer.2', event: { type: 'announce', standing: held } },
      ],
    ],
    ['rows to save', save, [{ to: 'bookkeeper', event: save }]],
    [
      'a clock that was set',
      { type: 'world.changed', what: 'clock', ownAddresses },
      [{ to: 'applier', event: { type: 'clock.moved' } }],
    ],
    [
      'a machine that slept',
      { type: 'world.changed', what: 'slept', ownAddresses },
      [
        { to: 'applier', event: { type: 'clock.moved' } },
        { to: 'dialLoop', event: { type: 'addresses.changed', ownAddresses, listensOnLoopback } },
        { to: 'dialLoop', event: { type: 'wake' } },
      ],
    ],
    [
      'a verdict',
      judged('1', { kind: 'ignored' }),
      [{ to: 'peer.1', event: judged('1', { kind: 'ignored' }) }],
    ],
    ['a verdict for a link that is gone', judged('8', { kind: 'ignored' }), []],
  ] as const)('goes where it belongs: %s', (_title, event, rows) => {
    expect(step(supervisorMachine, linked, event as never).rows).toEqual(rows);
  });
});
