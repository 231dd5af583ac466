/** The news of a node as time passes: when it asks, whom it asks next, and when it tells. */
import { describe, expect, it } from 'vitest';
import { type AnyEventObject, createActor, sendTo, setup } from 'xstate';
import type { SupervisorToNews } from '../../machines/events.ts';
import { newsMachine } from '../../machines/news-machine.ts';
import type { Coming } from '../../machines/peer-events.ts';
import { announcersMax, refusedPayloadsMax } from '../../src/protocol/index.ts';
import { ManualClock } from './manual-clock.ts';
import { version } from './peer-fixture.ts';
import { begin, walk } from './transition-rows.ts';

/** The news below a supervisor that notes what it is told and when. */
function startNews(refused: readonly { hash: string; forMs: number }[] = []) {
  const clock = new ManualClock();
  const told: { readonly ms: number; readonly type: string; readonly linkId?: string }[] = [];
  const supervisor = setup({
    types: { events: {} as AnyEventObject },
    actors: { news: newsMachine },
    actions: { note: ({ event }) => void told.push({ ms: clock.now(), ...event }) },
  }).createMachine({
    invoke: { src: 'news', id: 'news', input: { heldSeq: 5, refused } },
    on: {
      'to.news': { actions: sendTo('news', ({ event }) => event.event) },
      '*': { actions: 'note' },
    },
  });
  const actor = createActor(supervisor, { clock });
  actor.start();
  const send = (event: SupervisorToNews) => actor.send({ type: 'to.news', event });
  return {
    clock,
    told,
    send,
    announce: (linkId: string, seq: number, comes: Coming = 'over-another') =>
      send({ type: 'peer.announced', linkId, version: version(seq), comes }),
    arrive: (seq: number) => send({ type: 'news.arrived', version: version(seq) }),
    store: (seq: number) => send({ type: 'news.stored', version: version(seq) }),
  };
}

// g[verify gossip.ask-one] g[verify gossip.pull]
describe('a node that heard of a payload', () => {
  it('asks the first that announced it when it has not come by itself after 15 ms', () => {
    const { clock, told, announce } = startNews();
    announce('a', 6);
    clock.advance(7);
    announce('b', 6);
    clock.advance(7);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([{ ms: 15, type: 'news.pull', linkId: 'a' }]);
  });

  it('asks nobody when it came by itself', () => {
    const { clock, told, announce, arrive } = startNews();
    announce('a', 6);
    clock.advance(14);
    arrive(6);
    clock.advance(10_000);
    expect(told.filter(({ type }) => type === 'news.pull')).toEqual([]);
  });

  it('asks the next one every two seconds, each once, and then gives up', () => {
    const { clock, told, announce } = startNews();
    for (const linkId of ['a', 'b', 'c']) announce(linkId, 6, 'when-asked');
    clock.advance(60_000);
    expect(told).toEqual([
      { ms: 0, type: 'news.pull', linkId: 'a' },
      { ms: 2_000, type: 'news.pull', linkId: 'b' },
      { ms: 4_000, type: 'news.pull', linkId: 'c' },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('asks at once when everybody who had it went and somebody else announces it', () => {
    const { clock, told, announce, send } = startNews();
    announce('a', 6);
    send({ type: 'news.link-gone', linkId: 'a' });
    clock.advance(15);
    expect(told).toEqual([]);
    announce('b', 6, 'when-asked');
    expect(told).toEqual([{ ms: 15, type: 'news.pull', linkId: 'b' }]);
  });

  it('gets it from an honest link though another keeps announcing ever more and never sends', () => {
    const { clock, told, announce } = startNews();
    announce('liar', 1_000, 'when-asked');
    announce('honest', 6);
    for (let seq = 1_001; seq < 1_100; seq += 1) {
      clock.advance(100);
      announce('liar', seq, 'when-asked');
    }
    expect(told.slice(0, 2)).toEqual([
      { ms: 0, type: 'news.pull', linkId: 'liar' },
      { ms: 2_000, type: 'news.pull', linkId: 'honest' },
    ]);
  });

  it('follows two payloads in a row without a pause', () => {
    const { told, clock, announce, arrive } = startNews();
    announce('a', 6, 'when-asked');
    announce('a', 7, 'when-asked');
    clock.advance(10);
    arrive(6);
    expect(told).toEqual([
      { ms: 0, type: 'news.pull', linkId: 'a' },
      { ms: 10, type: 'news.pull', linkId: 'a' },
    ]);
  });

  it(`remembers the last ${announcersMax} links that announced it, each once`, () => {
    const { snapshot } = begin(newsMachine, { heldSeq: 5, refused: [] });
    const announcements = Array.from({ length: 2 * announcersMax }, (_, index) => {
      const linkId = `link-${index % (announcersMax + 3)}`;
      return { type: 'peer.announced' as const, linkId, version: version(6), comes: 'over-another' as const };
    });
    const { announcers } = walk(newsMachine, snapshot, ...announcements).context;
    expect(announcers).toHaveLength(announcersMax);
    expect(new Set(announcers.map(({ linkId }) => linkId)).size).toBe(announcersMax);
  });
});

// g[verify gossip.swap]
describe('a link that announced a payload before another one brought it', () => {
  it('is called nearer when the payload is here, the first of several alone', () => {
    const { clock, told, announce, arrive } = startNews();
    announce('a', 6);
    announce('b', 6);
    clock.advance(10);
    arrive(6);
    clock.advance(10_000);
    expect(told).toEqual([{ ms: 10, type: 'news.nearer', linkId: 'a' }]);
  });

  it('is called nearer as well when it was asked for the payload, and that one alone', () => {
    const { clock, told, announce, arrive } = startNews();
    announce('a', 6);
    announce('b', 6);
    clock.advance(15);
    clock.advance(2_000);
    arrive(6);
    expect(told.filter(({ type }) => type === 'news.nearer')).toEqual([
      { ms: 2_015, type: 'news.nearer', linkId: 'b' },
    ]);
  });

  it('and that carries payloads is called nearer when it was asked, and not when it was not', () => {
    const { clock, told, announce, arrive } = startNews();
    announce('a', 6, 'over-either');
    clock.advance(14);
    arrive(6);
    expect(told).toEqual([]);
    announce('a', 7, 'over-either');
    clock.advance(15);
    arrive(7);
    expect(told).toEqual([
      { ms: 29, type: 'news.pull', linkId: 'a' },
      { ms: 29, type: 'news.nearer', linkId: 'a' },
    ]);
  });

  it('is not called nearer when it was asked for one before, or as nobody else was expected to bring it', () => {
    const { clock, told, announce, arrive } = startNews();
    announce('a', 6);
    clock.advance(15);
    announce('b', 7);
    arrive(7);
    announce('a', 8, 'when-asked');
    arrive(8);
    announce('a', 9, 'over-this-link');
    clock.advance(15);
    arrive(9);
    expect(told.filter(({ type }) => type === 'news.nearer')).toEqual([]);
  });

  it('is called nearer no more when it is gone: the next one is', () => {
    const { told, announce, arrive, send } = startNews();
    announce('a', 6);
    announce('b', 6);
    send({ type: 'news.link-gone', linkId: 'a' });
    arrive(6);
    expect(told).toEqual([{ ms: 0, type: 'news.nearer', linkId: 'b' }]);
  });

  it('is missed by nobody when it was the only one and is gone', () => {
    const { told, announce, arrive, send } = startNews();
    announce('a', 6);
    send({ type: 'news.link-gone', linkId: 'a' });
    arrive(6);
    expect(told).toEqual([]);
  });

  it('is called nearer for what it announced, not for the payload before that', () => {
    const { clock, told, announce, arrive } = startNews();
    announce('a', 7);
    arrive(6);
    clock.advance(10);
    expect(told).toEqual([]);
    arrive(7);
    expect(told).toEqual([{ ms: 10, type: 'news.nearer', linkId: 'a' }]);
  });

  it('is not called nearer when the payload was here before', () => {
    const { clock, told, announce, arrive } = startNews();
    arrive(6);
    announce('a', 6);
    arrive(6);
    clock.advance(10_000);
    expect(told).toEqual([]);
  });
});

// g[verify gossip.refused]
describe('a payload that was refused', () => {
  it('is asked for no more, whoever announces it', () => {
    const { clock, told, announce, send } = startNews();
    announce('a', 6, 'when-asked');
    announce('b', 6, 'when-asked');
    send({ type: 'news.refused', hash: version(6).hash, forMs: null });
    announce('c', 6, 'when-asked');
    clock.advance(60_000);
    expect(told).toEqual([{ ms: 0, type: 'news.pull', linkId: 'a' }]);
  });

  it('is asked for again when that is forgotten, an hour after the last time it was refused', () => {
    const { clock, told, announce, send } = startNews([{ hash: version(7).hash, forMs: 60_000 }]);
    const refuse = () => send({ type: 'news.refused', hash: version(6).hash, forMs: 3_600_000 });
    refuse();
    clock.advance(30_000);
    refuse();
    announce('a', 7, 'when-asked');
    clock.advance(3_599_999);
    expect(told).toEqual([]);
    announce('a', 7, 'when-asked');
    announce('b', 6, 'when-asked');
    clock.advance(1);
    announce('b', 6, 'when-asked');
    expect(told).toEqual([{ ms: 3_629_999, type: 'news.pull', linkId: 'a' }]);
    send({ type: 'news.arrived', version: version(5) });
    send({ type: 'news.link-gone', linkId: 'a' });
    expect(told.at(-1)).toEqual({ ms: 3_630_000, type: 'news.pull', linkId: 'b' });
    clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  it('stays set aside when the hour is over for which it was refused in a grove left since', () => {
    const { clock, told, announce, send } = startNews();
    const { hash } = version(6);
    send({ type: 'news.refused', hash, forMs: 3_600_000 });
    send({ type: 'standing.lost' });
    send({ type: 'news.refused', hash, forMs: null });
    clock.advance(3_600_000);
    announce('a', 6, 'when-asked');
    expect([told, clock.pending]).toEqual([[], 0]);
  });

  it(`is remembered with ${refusedPayloadsMax} others at most`, () => {
    const { snapshot } = begin(newsMachine, { heldSeq: 5, refused: [] });
    const refusals = Array.from({ length: refusedPayloadsMax + 5 }, (_, index) => {
      return { type: 'news.refused' as const, hash: version(index + 1).hash, forMs: null };
    });
    const { refused } = walk(newsMachine, snapshot, ...refusals).context;
    expect(refused).toEqual(refusals.slice(-refusedPayloadsMax).map(({ hash, forMs }) => ({ hash, forMs })));
  });
});

// g[verify gossip.announcement]
describe('a node that stored a payload', () => {
  it('tells it 10 ms later', () => {
    const { clock, told, store } = startNews();
    store(6);
    clock.advance(9);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([{ ms: 10, type: 'news.announce' }]);
  });

  it('is not kept from telling by payloads that follow quickly', () => {
    const { clock, told, store } = startNews();
    for (let seq = 6; seq < 16; seq += 1) {
      store(seq);
      clock.advance(7);
    }
    expect(told.map(({ ms }) => ms)).toEqual([10, 24, 38, 52, 66]);
  });
});
