import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { transportLimits } from '../../src/transport/index.ts';
import { TurnQueue } from '../../src/transport/turn-queue.ts';
import { connectedPair, nextStream, openStream, text } from './fixture.ts';

describe('flow control', () => {
  // t[verify flow.bounded-writes]
  it('takes all of a write or nothing, within its bound, and says when there is room again', async () => {
    const { outbound } = await connectedPair();
    const stream = openStream(outbound);
    const drained = new Promise<void>((resolve) => {
      stream.open({ data: () => {}, end: () => {}, drain: resolve, aborted: () => {} });
    });
    const piece = new Uint8Array(100_000);
    let taken = 0;
    while (stream.write(piece)) taken += piece.length;
    expect(stream.bufferedBytes).toBeLessThanOrEqual(transportLimits.streamBufferedBytesMax);
    expect(stream.bufferedBytes).toBeGreaterThan(transportLimits.streamBufferedBytesMax - piece.length);
    expect(taken).toBeGreaterThanOrEqual(stream.bufferedBytes);
    await drained;
    expect(stream.write(piece)).toBe(true);
  });

  // t[verify flow.paused-reader]
  it('stops the sender when the reader stops, and loses nothing', async () => {
    const { inbound, outbound } = await connectedPair();
    const sent = randomBytes(8_000_000);
    const sentHash = createHash('sha256').update(sent).digest('hex');
    const stream = openStream(outbound);
    let offset = 0;
    const fill = (): void => {
      while (offset < sent.length && stream.write(sent.subarray(offset, offset + 50_000))) offset += 50_000;
      if (offset >= sent.length) stream.end();
    };
    stream.open({ data: () => {}, end: () => {}, drain: fill, aborted: () => {} });
    fill();

    const hash = createHash('sha256');
    let received = 0;
    const arrived = await nextStream(inbound);
    let stopped = (): void => {};
    const paused = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      arrived.open({
        data: (bytes) => {
          hash.update(bytes);
          const before = received;
          received += bytes.length;
          if (before >= 100_000 || received < 100_000) return true;
          stopped();
          return false;
        },
        end: resolve,
        aborted: () => {},
      });
    });
    await paused;
    // The sender comes to rest with its buffer full and the windows used up.
    await expect.poll(() => offset).toBeLessThan(sent.length);
    let last = -1;
    await expect
      .poll(() => {
        const resting = last === offset;
        last = offset;
        return resting;
      })
      .toBe(true);
    expect(received).toBeLessThan(sent.length / 4);
    arrived.resume();
    await ended;
    expect(received).toBe(sent.length);
    expect(hash.digest('hex')).toBe(sentHash);
  });
});

describe('the turn queue', () => {
  // t[verify flow.same-turn]
  it('attends to what was written before the event loop goes on, once however often it was asked', async () => {
    const order: string[] = [];
    const queue = new TurnQueue<{ attend(): void }>(() => {});
    const item = { attend: () => void order.push('attended') };
    const next = new Promise<void>((resolve) => {
      setImmediate(() => {
        order.push('next turn');
        resolve();
      });
    });
    queue.thisTurn(item);
    queue.thisTurn(item);
    order.push('written');
    await next;
    expect(order).toEqual(['written', 'attended', 'next turn']);
  });

  // t[verify flow.same-turn]
  it('answers datagrams that are read together once, after the last', async () => {
    const order: string[] = [];
    const queue = new TurnQueue<{ attend(): void }>(() => {});
    const item = { attend: () => void order.push('attended') };
    queue.afterReads(item);
    await Promise.resolve();
    queue.afterReads(item);
    order.push('read');
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['read', 'attended']);
  });

  // t[verify flow.same-turn]
  it('sends several small writes of one turn as one packet', async () => {
    const { inbound, outbound } = await connectedPair();
    const stream = openStream(outbound);
    for (const word of ['one ', 'two ', 'three']) stream.write(text(word));
    const arrived = await nextStream(inbound);
    const pieces: string[] = [];
    await new Promise<void>((resolve) => {
      arrived.open({
        data: (bytes) => {
          pieces.push(Buffer.from(bytes).toString());
          resolve();
        },
        end: () => {},
        aborted: () => {},
      });
    });
    expect(pieces).toEqual(['one two three']);
  });
});
