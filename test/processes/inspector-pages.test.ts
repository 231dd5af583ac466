/** Many pages on a busy node, some of which do not read: what they cost it, what they lose, and what nobody else does. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FeedFrame, feedFrameRecordsMax } from '../../src/inspector/contract.ts';
import { recordBytesMax, recordsKept, waitingBytesMax } from '../../src/inspector/limits.ts';
import { ask, call, type Feed, openFeed, type Page } from '../inspector/http.ts';
import { startInspectedPair } from './inspected-pair.ts';
import { createPlace, type Daemon, type Place } from './support.ts';

const readersCount = 5;
const idlersCount = 5;
/** At once; fewer than the node takes. */
const publishesAtOnce = 32;
/** The one frame that passed the bound. */
const frameBytesMax = feedFrameRecordsMax * recordBytesMax;
/** Of what the node had with the same ten pages and a warm start. What it keeps for pages is a few MiB. */
const memoryFactorMax = 2;

type Records = Extract<FeedFrame, { readonly type: 'records' }>;

let place: Place;
let member: Daemon;
let page: Page;
let session: { readonly cookie: string };

beforeAll(async () => {
  place = createPlace();
  ({ member, page, session } = await startInspectedPair(place));
});

afterAll(() => place.clear());

describe('ten pages on a busy node, half of which do not read', () => {
  // w[verify feed.slow-page]
  it('cost it a bounded memory; who does not read loses records and is told, the others and the grove get everything', async () => {
    const readers = await Promise.all(Array.from({ length: readersCount }, openPage));
    const idlers = await Promise.all(Array.from({ length: idlersCount }, openPage));
    for (const { socket } of idlers) socket.pause();
    await publishMany(readers);
    const before = await metric('process_resident_memory_bytes');

    // First the buffers of the sockets fill, then what the node holds for each page, then the ring goes round.
    while ((await waitingBytes()) < idlersCount * waitingBytesMax) await publishMany(readers);
    const full = await recordsSoFar();
    while ((await recordsSoFar()) < full + 2 * recordsKept) await publishMany(readers);

    expect(await waitingBytes()).toBeLessThan(idlersCount * (waitingBytesMax + frameBytesMax));
    expect(await metric('process_resident_memory_bytes')).toBeLessThan(before * memoryFactorMax);
    const held = await member.follow(null);
    await held.until(async () => {
      const { current_seq } = (await member.ask('grove', 'status')) as { readonly current_seq: number };
      return current_seq === newest ? true : null;
    }, 'the newest number on the other node');

    const total = await recordsSoFar();
    for (const reader of readers) {
      await reader.frame((frame) => frame.type === 'records' && frame.first + frame.records.length >= total);
      expect(lostBy(reader)).toBe(0);
    }
    for (const idler of idlers) {
      idler.socket.resume();
      const lost = await idler.frame((frame) => frame.type === 'records' && frame.lost > 0);
      // How things are now comes first.
      expect(idler.frames[idler.frames.indexOf(lost) - 1]?.type).toBe('actors');
      expect(lostBy(idler)).toBeGreaterThanOrEqual(recordsKept);
      idler.close();
    }
    for (const reader of readers) reader.close();
  }, 180_000);
});

describe('a connection that was opened ahead and never used', () => {
  // w[verify page.unused]
  it('is closed without a word, which a browser would take for the answer to its next request', async () => {
    const { hostname, port } = new URL(page.origin);
    const socket = connect(Number(port), hostname);
    let said = '';
    socket.on('data', (bytes) => {
      said += String(bytes);
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(said).toBe('');
  });
});

let newest = 0;

/** Resolves when each of these has heard of the last: so none of them falls behind. */
async function publishMany(readers: readonly Feed<FeedFrame>[]): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: publishesAtOnce }, (_, n) =>
      call(page, session, '/grove/params/set', {
        name: 'greeting',
        kind: 'text',
        value: `${newest} ${n}`,
      }),
    ),
  );
  newest = Math.max(...answers.map(({ result }) => (result as { readonly seq: number }).seq));
  const isNewest = (frame: FeedFrame) =>
    frame.type === 'events' &&
    frame.events.some((event) => event.type === 'grove.payload-applied' && event.data.seq === newest);
  await Promise.all(readers.map((reader) => reader.frame(isNewest)));
}

async function openPage(): Promise<Feed<FeedFrame>> {
  const feed = await openFeed(page, { ...session, origin: page.origin });
  feed.say({ type: 'subscribe', channel: 'machines' });
  feed.say({ type: 'subscribe', channel: 'events' });
  await feed.frame(({ type }) => type === 'actors');
  return feed;
}

/** Follows the numbers of the records from the first frame on, and counts those that are missing. */
function lostBy({ frames }: Feed<FeedFrame>): number {
  const start = frames.find((frame) => frame.type === 'actors');
  const records = frames.filter((frame): frame is Records => frame.type === 'records');
  let next = start?.type === 'actors' ? start.next : 0;
  for (const frame of records) {
    expect(frame.first).toBe(next + frame.lost);
    next = frame.first + frame.records.length;
  }
  return records.reduce((sum, { lost }) => sum + lost, 0);
}

/** How many records there were, as a page is told that opens now. */
async function recordsSoFar(): Promise<number> {
  const feed = await openPage();
  const { next } = (await feed.frame(({ type }) => type === 'actors')) as Extract<
    FeedFrame,
    { readonly type: 'actors' }
  >;
  feed.close();
  return next;
}

function waitingBytes(): Promise<number> {
  return metric('grove_inspector_waiting_bytes');
}

async function metric(name: string): Promise<number> {
  const { text } = await ask(page, '/metrics');
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
}
