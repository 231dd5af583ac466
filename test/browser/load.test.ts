/** A page on a node that is as busy as this machine makes it. */
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import type { FeedFrame, GroveStatus } from '../../src/inspector/contract.ts';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import { hostileEndpoint, openLink } from '../processes/hostile-peer.ts';
import type { Daemon } from '../processes/support.ts';
import { growGrove } from './nodes.ts';
import { pageTest as it } from './page-test.ts';

const measuredMs = 4_000;
const talkEveryMs = 20;
const linesAtOnce = 40;
const framesPerSecondMin = 30;
const recordsPerSecondMin = 1_000;
/** Of the frames the same page draws while nothing happens: less than this is the page's doing, whatever the machine. */
const shareMin = 0.5;

describe('under load', () => {
  // w[verify view.load]
  it('the machines view draws on, while more than a thousand events a second come in', async ({
    place,
    browser,
  }) => {
    const [leader] = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3']);
    const page = await browser.open(leader, { view: 'machines', width: 1440, height: 900 });
    const records = countRecords(page);
    await page.reload();
    await page.locator('[data-actor="supervisor"]').click();
    await page.locator('[data-state="member.leading"].active').waitFor();

    const idle = await framesPerSecond(page);
    const busy = await talkMeanwhile(leader, async () => {
      const before = records();
      const frames = await framesPerSecond(page);
      return { frames, records: ((records() - before) * 1_000) / measuredMs };
    });
    console.info(
      `${busy.frames.toFixed(0)} frames/s with ${busy.records.toFixed(0)} events/s on the page, ${idle.toFixed(0)} frames/s with none`,
    );
    expect(busy.records).toBeGreaterThan(recordsPerSecondMin);
    expect(busy.frames).toBeGreaterThan(Math.min(framesPerSecondMin, idle * shareMin));

    // And it holds still: nothing that streams moves what is around it.
    const places = ['.actors', '.chart-part', '.panel', '.sequence', '.sequence-tools'];
    const before = await boxesOf(page, places);
    await talkMeanwhile(leader, () => framesPerSecond(page));
    expect(await boxesOf(page, places)).toEqual(before);
  });
});

/** Counts what the feed brings, as it comes over the wire. */
function countRecords(page: Page): () => number {
  let count = 0;
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const frame = JSON.parse(String(payload)) as FeedFrame;
      if (frame.type === 'records') count += frame.records.length + frame.lost;
    });
  });
  return () => count;
}

/** A member of the same grove that announces what it holds again and again: each line goes through three machines of the node. */
async function talkMeanwhile<Result>(leader: Daemon, measure: () => Promise<Result>): Promise<Result> {
  const identity = createEphemeralIdentity();
  await leader.ask('grove', 'invite', identity.fingerprint, 'talker');
  const status = (await leader.ask('grove', 'status')) as unknown as Extract<
    GroveStatus,
    { is_member: true }
  >;
  const hello = JSON.stringify({
    type: 'hello',
    grove_id: status.grove_id,
    our_seq: status.current_seq,
    our_payload_hash: status.payload_hash,
    our_role: 'follower',
    our_fingerprint: identity.fingerprint,
    protocol_version: 1,
    nonce: 77,
  });
  const endpoint = await hostileEndpoint(identity);
  const [address] = leader.listening;
  const peer = await openLink(endpoint, { address, fingerprint: leader.fingerprint });
  const talking = setInterval(() => peer.send(`${hello}\n`.repeat(linesAtOnce).trimEnd()), talkEveryMs);
  try {
    return await measure();
  } finally {
    clearInterval(talking);
    await peer.close();
    await endpoint.close();
    await leader.ask('grove', 'revoke', identity.fingerprint);
  }
}

function framesPerSecond(page: Page): Promise<number> {
  return page.evaluate(
    (ms) =>
      new Promise<number>((resolve) => {
        const start = performance.now();
        let frames = 0;
        const next = (now: number): void => {
          frames += 1;
          if (now - start < ms) requestAnimationFrame(next);
          else resolve((frames * 1_000) / (now - start));
        };
        requestAnimationFrame(next);
      }),
    measuredMs,
  );
}

function boxesOf(page: Page, selectors: readonly string[]): Promise<readonly unknown[]> {
  return Promise.all(selectors.map((selector) => page.locator(selector).boundingBox()));
}
