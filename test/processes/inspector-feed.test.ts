/** The live feed of real nodes: what a page is told, and how fast. */
import { createWebSocketReceiver } from '@statelyai/inspect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ActorRecord,
  FeedFrame,
  MachineRecord,
  ReachedMark,
  TransitionTaken,
} from '../../src/inspector/contract.ts';
import { call, type Feed, openFeed, openSocket, type Page } from '../inspector/http.ts';
import { startInspectedPair } from './inspected-pair.ts';
import { createPlace, type Daemon, type Place } from './support.ts';

type Of<Type extends FeedFrame['type']> = Extract<FeedFrame, { readonly type: Type }>;

let place: Place;
let leader: Daemon;
let member: Daemon;
let page: Page;
let session: { readonly cookie: string };

beforeAll(async () => {
  place = createPlace();
  ({ leader, member, page, session } = await startInspectedPair(place));
});

afterAll(async () => {
  await place.clear();
});

const isFrame =
  <Type extends FeedFrame['type']>(type: Type, fits: (frame: Of<Type>) => boolean = () => true) =>
  (frame: FeedFrame): frame is Of<Type> =>
    frame.type === type && fits(frame as Of<Type>);

function open(): Promise<Feed<FeedFrame>> {
  return openFeed(page, { ...session, origin: page.origin });
}

let published = 0;

async function publish(): Promise<number> {
  published += 1;
  const answer = await call(page, session, '/grove/params/set', {
    name: 'greeting',
    kind: 'text',
    value: `never-in-a-feed-${published}`,
  });
  return (answer.result as { seq: number }).seq;
}

function recordsOf(feed: Feed<FeedFrame>): readonly MachineRecord[] {
  return feed.frames.flatMap((frame) => (frame.type === 'records' ? frame.records : []));
}

describe('a page that follows the machines', () => {
  let feed: Feed<FeedFrame>;
  let actors: readonly ActorRecord[];

  beforeAll(async () => {
    feed = await open();
    feed.say({ type: 'subscribe', channel: 'machines' });
    actors = (await feed.frame(isFrame('actors'))).actors;
  });

  afterAll(() => feed.close());

  it('is first told every actor that runs, parents before their children', () => {
    const names = actors.map(({ name }) => name.replace(/^peer\..*/, 'peer'));
    for (const name of [
      'supervisor',
      'endpoint',
      'applier',
      'news',
      'dialLoop',
      'publisher',
      'peer',
      'wire',
    ]) {
      expect(names).toContain(name);
    }
    const [root, ...others] = actors;
    expect(root).toMatchObject({ name: 'supervisor', parent: null, value: { member: 'leading' } });
    const known = new Set([root?.id]);
    for (const { id, parent } of others) {
      expect(known.has(parent ?? '')).toBe(true);
      known.add(id);
    }
    for (const name of ['peer', 'wire']) {
      const actor = actors.find((one) => one.machine === name || one.name === name);
      expect(actor?.peer).toMatchObject({ fingerprint: member.fingerprint });
    }
  });

  // w[verify feed.batched]
  it('is told what happens within 200 ms, in order, with the transitions that were taken', async () => {
    const supervisor = actors[0]?.id ?? '';
    const publisher = actors.find(({ machine }) => machine === 'publisher')?.id ?? '';
    await publish();
    const signed = await feed.frame(
      isFrame('records', ({ records }) =>
        records.some((record) => record.kind === 'event' && record.event.type === 'payload.published'),
      ),
    );
    const arrived = Date.now();
    const at = signed.records[0]?.at ?? 0;
    expect(arrived - at).toBeLessThan(200);
    const records = recordsOf(feed);
    const steps = records.flatMap((record) =>
      record.kind === 'step' && record.actor === publisher ? record.transitions : [],
    );
    expect(steps).toContainEqual({
      from: 'drafting',
      event: 'draft.ready',
      index: 0,
      to: ['signing'],
    } satisfies TransitionTaken);
    const fromOperator = records.find((record) => record.kind === 'event' && record.event.type === 'publish');
    expect(fromOperator).toMatchObject({ from: null, to: supervisor });
    const sent = records.find((record) => record.kind === 'event' && record.event.type === 'version');
    expect(sent).toMatchObject({ event: { seq: 3 } });
    expect(records.some((record) => record.kind === 'started')).toBe(true);
    expect(records.some((record) => record.kind === 'ended')).toBe(true);
  });

  it('numbers its records without a gap', () => {
    let next = (feed.frames.find(isFrame('actors')) as Of<'actors'>).next;
    for (const frame of feed.frames.filter(isFrame('records'))) {
      expect(frame).toMatchObject({ first: next, lost: 0 });
      next += frame.records.length;
    }
  });

  it('is told the contexts of those it watches, and the delays that are armed', async () => {
    const watched = actors.filter(({ machine }) => machine === 'dialLoop' || machine === 'peer');
    feed.say({ type: 'watch', actors: watched.map(({ id }) => id) });
    const { actors: contexts, now } = await feed.frame(isFrame('contexts'));
    expect(contexts.map(({ id }) => id).sort()).toEqual(watched.map(({ id }) => id).sort());
    const dialLoop = contexts.find(
      ({ id }) => id === watched.find(({ machine }) => machine === 'dialLoop')?.id,
    );
    expect(dialLoop?.context).toMatchObject({ members: [leader.fingerprint, member.fingerprint].sort() });
    expect(dialLoop?.delays.some(({ fires_at }) => fires_at > now)).toBe(true);
    const before = feed.frames.length;
    await publish();
    await feed.frame(isFrame('contexts', (frame) => feed.frames.indexOf(frame) >= before));
  });

  // w[verify feed.allow-list]
  it('never gets the value of a param, a signature or a seed', async () => {
    const text = JSON.stringify(feed.frames);
    expect(text).toContain('"greeting"');
    expect(text).not.toContain('never-in-a-feed');
    expect(text).not.toMatch(/"[0-9a-f]{128}"/);
    expect(text).not.toContain('"random"');
  });

  it('is sent nothing more of a channel it left', async () => {
    feed.say({ type: 'unsubscribe', channel: 'machines' });
    feed.say({ type: 'subscribe', channel: 'convergence' });
    await feed.frame(isFrame('convergence'));
    const before = feed.frames.length;
    const seq = await publish();
    await feed.frame(isFrame('reached', ({ marks }) => marks.some((mark) => mark.seq === seq)));
    expect(feed.frames.slice(before).filter(({ type }) => type === 'records' || type === 'contexts')).toEqual(
      [],
    );
  });
});

describe('a page that follows events and convergence', () => {
  it('gets what is kept, then that it has caught up, then what is new', async () => {
    const feed = await open();
    feed.say({ type: 'subscribe', channel: 'events', since: '' });
    await feed.frame(isFrame('events.caught-up'));
    const kept = feed.frames.filter(isFrame('events')).flatMap(({ events }) => events);
    expect(kept.map(({ type }) => type)).toContain('grove.joined');
    const seq = await publish();
    const { events } = await feed.frame(
      isFrame('events', (frame) => frame.events.some((event) => 'data' in event && event.data.seq === seq)),
    );
    expect(events.at(-1)).toMatchObject({ type: 'grove.payload-applied', actor: { kind: 'web' } });
    expect(JSON.stringify(events)).not.toContain(session.cookie.split('.').at(-1));
    feed.close();
  });

  // w[verify feed.convergence]
  it('is told when this node and each linked member held a number, also of before', async () => {
    const seq = await publish();
    const feed = await open();
    feed.say({ type: 'subscribe', channel: 'convergence' });
    const { publishes } = await feed.frame(isFrame('convergence'));
    expect(publishes.at(-1)).toMatchObject({ seq, at: expect.any(Number) as number });
    const marks = (): readonly ReachedMark[] =>
      feed.frames.flatMap((frame) => (frame.type === 'reached' ? frame.marks : []));
    const next = await publish();
    await feed.frame(() =>
      [leader, member].every(({ fingerprint }) =>
        marks().some((mark) => mark.seq === next && mark.fingerprint === fingerprint),
      ),
    );
    const [first, second] = marks().filter((mark) => mark.seq === next);
    expect(first?.fingerprint).toBe(leader.fingerprint);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(0);
    feed.close();
  });
});

describe('what a page says', () => {
  it.each([
    ['no JSON', '{'],
    ['another type', '{"type":"shutdown"}'],
    ['another channel', '{"type":"subscribe","channel":"secrets"}'],
    ['more than there may be', JSON.stringify({ type: 'watch', actors: Array(9).fill('x:1') })],
  ])('that is %s ends its feed', async (_what, text) => {
    const feed = await open();
    feed.socket.send(text);
    expect(await feed.closed).toBe(4400);
  });

  it('that is too long, or too much, ends its feed and nothing else', async () => {
    const feed = await open();
    feed.socket.send('x'.repeat(5_000));
    expect(await feed.closed).toBe(1009);
    const eager = await open();
    for (let count = 0; count < 200; count += 1) eager.say({ type: 'unsubscribe', channel: 'machines' });
    expect(await eager.closed).toBe(4400);
    expect(await call(page, session, '/server/ping')).toEqual({ result: {} });
  });

  it('over more feeds than there may be is not heard', async () => {
    const feeds = await Promise.all(Array.from({ length: 32 }, open));
    const last = await open();
    expect(await last.closed).toBe(4429);
    for (const feed of feeds) feed.close();
    await Promise.all(feeds.map(({ closed }) => closed));
  });
});

describe('a tool of others', () => {
  interface Stately {
    readonly type: string;
    readonly sessionId: string;
    readonly _version: string;
    readonly [field: string]: unknown;
  }

  // w[verify feed.tools]
  it('is spoken to in the messages of @statelyai/inspect', async () => {
    const feed = await openSocket<Stately>(page, {}, `/inspect?token=${page.token}`);
    const root = await feed.frame(({ type }) => type === '@xstate.actor');
    expect(root).toMatchObject({
      name: 'supervisor',
      snapshot: { status: 'active', value: { member: 'leading' } },
    });
    expect(JSON.parse(String(root.definition))).toMatchObject({ id: 'supervisor', initial: 'deciding' });
    await publish();
    const event = await feed.frame(
      ({ type, event: inner }) =>
        type === '@xstate.event' && (inner as { type: string }).type === 'payload.published',
    );
    expect(event).toMatchObject({ sessionId: root.sessionId, rootId: root.sessionId });
    expect(feed.frames.some(({ sessionId }) => sessionId === event.sourceId)).toBe(true);
    const snapshot = await feed.frame(
      ({ type, sessionId }) => type === '@xstate.snapshot' && sessionId === root.sessionId,
    );
    expect(snapshot).toMatchObject({ snapshot: { status: 'active', value: { member: 'leading' } } });
    for (const frame of feed.frames) {
      expect(frame).toMatchObject({
        id: expect.any(String) as string,
        createdAt: expect.any(String) as string,
      });
    }
    expect(JSON.stringify(feed.frames)).not.toContain('never-in-a-feed');
    feed.close();
  });
});

describe("the ecosystem's own reader", () => {
  // w[verify feed.tools]
  it('attaches to a node and follows it', async () => {
    const server = `${page.origin.replace('http', 'ws')}/inspect?token=${page.token}`;
    const seen: { readonly type: string; readonly sessionId: string }[] = [];
    let wake = (): void => {};
    const receiver = createWebSocketReceiver({ server });
    const subscription = receiver.subscribe((event) => {
      seen.push(event);
      wake();
    });
    const until = async (type: string): Promise<void> => {
      while (!seen.some((event) => event.type === type)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    await until('@xstate.actor');
    await publish();
    await until('@xstate.event');
    await until('@xstate.snapshot');
    subscription.unsubscribe();
  });
});

describe('a node that stops', () => {
  it('ends the feeds and goes', async () => {
    const feed = await open();
    const exit = leader.stop();
    expect([1001, 1006]).toContain(await feed.closed);
    expect(await exit).toEqual({ code: 0, signal: null });
  });
});
