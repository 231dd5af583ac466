import { describe, expect, it } from 'vitest';
import type { LinkClosed } from '../../src/ports/transport.ts';
import type { Stream } from '../../src/transport/index.ts';
import {
  closed,
  connectedPair,
  dial,
  dialFailure,
  echoWorks,
  Inbox,
  nextStream,
  openStream,
  readAll,
  serve,
  startEndpoint,
  text,
} from './fixture.ts';

describe('closing a connection', () => {
  // t[verify close.codes]
  it.each(['inbound', 'outbound'] as const)('tells the peer code and reason (%s side)', async (side) => {
    const pair = await connectedPair();
    const other = side === 'inbound' ? pair.outbound : pair.inbound;
    pair[side].close(3, 'seq_regression');
    expect(await closed(other)).toEqual({ by: 'peer', code: 3, reason: 'seq_regression' });
    expect(await closed(pair[side])).toEqual({ by: 'us', code: 3, reason: 'seq_regression' });
  });

  // t[verify close.codes]
  it('tells the end once, and at once to those who ask later', async () => {
    const { inbound, outbound } = await connectedPair();
    const ends: LinkClosed[] = [];
    inbound.onClosed((end) => ends.push(end));
    outbound.close(0, 'first');
    outbound.close(6, 'second');
    await closed(outbound);
    await expect.poll(() => ends.length).toBe(1);
    let during = true;
    const late = new Promise((resolve) => inbound.onClosed((end) => resolve([end, during])));
    during = false;
    expect(await late).toEqual([{ by: 'peer', code: 0, reason: 'first' }, false]);
    expect(ends).toHaveLength(1);
  });

  // t[verify close.reason-text]
  it('sends and shows a reason as bounded, printable text', async () => {
    const { inbound, outbound } = await connectedPair();
    outbound.close(2, `\u001b[31m${'é'.repeat(1_000)}`);
    const { reason } = await closed(inbound);
    expect(reason.startsWith('\\u{1b}[31mé')).toBe(true);
    expect([...reason].length).toBeLessThanOrEqual(256 + 1);
  });

  // t[verify close.flush]
  it('first delivers what was written', async () => {
    const { inbound, outbound } = await connectedPair();
    const arrived = nextStream(inbound).then(readAll);
    const stream = openStream(outbound);
    const sent = 'x'.repeat(800_000);
    stream.write(text(sent));
    stream.end();
    outbound.close(0, 'done');
    expect((await arrived).text).toHaveLength(sent.length);
    expect(await closed(inbound)).toMatchObject({ code: 0, reason: 'done' });
  });

  // t[verify close.flush]
  it('does not wait longer than its time for a peer that does not read', async () => {
    const { inbound, outbound } = await connectedPair({ client: { limits: { closeFlushMs: 50 } } });
    const stream = openStream(outbound);
    // More than the peer's window for a stream nobody reads.
    for (let round = 0; round < 2; round += 1) stream.write(new Uint8Array(1_000_000));
    expect(stream.bufferedBytes).toBeGreaterThan(0);
    outbound.close(0, 'enough');
    expect(await closed(inbound)).toMatchObject({ code: 0, reason: 'enough' });
  });

  // t[verify close.flush]
  it('opens no stream any more', async () => {
    const { outbound } = await connectedPair();
    outbound.close(0, '');
    expect(outbound.openStream('bidirectional')).toBeNull();
    await closed(outbound);
    expect(outbound.openStream('bidirectional')).toBeNull();
  });
});

describe('streams', () => {
  // t[verify flow.half-close]
  it('carry a request and its answer, each side finishing its own half', async () => {
    const { inbound, outbound } = await connectedPair();
    const received = nextStream(inbound).then(async (stream) => {
      const request = await readAll(stream);
      stream.write(text(`answer to ${request.text}`));
      stream.end();
      expect(stream.write(text('more'))).toBe(false);
    });
    const stream = openStream(outbound);
    const answer = readAll(stream);
    stream.write(text('question'));
    stream.end();
    expect(await answer).toEqual({ text: 'answer to question', aborted: null });
    await received;
  });

  // t[verify flow.half-close]
  it('can be opened by the server in one direction', async () => {
    const { inbound, outbound } = await connectedPair();
    const arrived = nextStream(outbound);
    const stream = openStream(inbound, 'unidirectional');
    stream.write(text('event'));
    stream.end();
    const opened = await arrived;
    expect(opened.kind).toBe('unidirectional');
    expect(opened.write(text('no'))).toBe(false);
    expect((await readAll(opened)).text).toBe('event');
  });

  // t[verify close.stream-reset]
  it('break off alone when one is reset, from either side', async () => {
    const { inbound, outbound } = await connectedPair();
    const streams = new Inbox<Stream>();
    inbound.onStream(streams.put);
    const open = async (): Promise<[here: Stream, there: Stream]> => {
      const here = openStream(outbound);
      here.write(text('a'));
      return [here, await streams.next()];
    };
    const [here, there] = await open();
    const hereRead = readAll(here);
    there.reset(77);
    expect((await hereRead).aborted).toContain('code 77');
    expect(here.write(text('b'))).toBe(false);

    const [again, opposite] = await open();
    const oppositeRead = readAll(opposite);
    again.reset(9);
    expect((await oppositeRead).aborted).toContain('code 9');

    const [last, answering] = await open();
    const answer = readAll(last);
    answering.write(text('still here'));
    answering.end();
    expect((await answer).text).toBe('still here');
  });

  // t[verify close.stream-reset]
  it('break off for a writer that has nothing to write just then', async () => {
    const { inbound, outbound } = await connectedPair();
    const events = openStream(inbound, 'unidirectional');
    const brokeOff = readAll(events);
    events.write(text('an event'));
    (await nextStream(outbound)).reset(8);
    expect((await brokeOff).aborted).toContain('code 8');
  });

  // t[verify close.stream-reset]
  it('do not come back as new ones while the rest of what was sent arrives', async () => {
    const { inbound, outbound } = await connectedPair();
    const streams = new Inbox<Stream>();
    inbound.onStream(streams.put);
    const doomed = openStream(outbound);
    const brokeOff = readAll(doomed);
    doomed.write(new Uint8Array(1_000_000));
    (await streams.next()).reset(6);
    await brokeOff;
    const next = openStream(outbound);
    next.write(text('x'));
    expect((await streams.next()).id).toBe(next.id);
    expect(streams.waitingValues).toEqual([]);
  });

  // t[verify close.stream-reset]
  it('break off with their connection, with its reason', async () => {
    const { inbound, outbound } = await connectedPair();
    const stream = openStream(outbound);
    const read = readAll(stream);
    stream.write(text('a'));
    await nextStream(inbound);
    inbound.close(5, 'another is kept');
    expect((await read).aborted).toBe('another is kept');
  });

  // t[verify close.stream-reset]
  it('deliver what was sent and the end, also to a reader that comes late', async () => {
    const { inbound, outbound } = await connectedPair();
    const stream = openStream(outbound);
    stream.write(text('early'));
    stream.end();
    const arrived = await nextStream(inbound);
    expect(await echoWorks(inbound, outbound)).toBe(true);
    expect(await readAll(arrived)).toEqual({ text: 'early', aborted: null });
  });
});

describe('closing the endpoint', () => {
  // t[verify close.shutdown]
  it('tells every peer, refuses new dials, and leaves nothing behind', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const clients = [await startEndpoint(), await startEndpoint()];
    const ends = [];
    for (const client of clients) {
      ends.push(closed(await dial(client, server)));
      await connections.next();
    }
    await server.close();
    for (const end of ends) expect(await end).toEqual({ by: 'peer', code: 7, reason: 'the node stops' });
    expect(server.stats()).toMatchObject({ connections: 0, handshakes: 0, timers: 0 });
    expect(await dialFailure(server, clients[0] ?? server)).toMatchObject({ kind: 'shutting_down' });
    await server.close();
  });

  // t[verify close.shutdown]
  it('ends dials under way with a failure', async () => {
    const gone = await startEndpoint();
    const client = await startEndpoint();
    await gone.close();
    const failure = dialFailure(client, gone, { address: '127.0.0.1:9' });
    await client.close();
    expect(await failure).toMatchObject({ kind: 'shutting_down', code: null });
  });

  // t[verify close.shutdown]
  it('does not wait for a peer that vanished longer than its time', async () => {
    const { server, client, inbound } = await connectedPair({
      server: { limits: { closeFlushMs: 5_000, shutdownMs: 50 } },
    });
    const stream = openStream(inbound, 'unidirectional');
    for (let round = 0; round < 3; round += 1) stream.write(new Uint8Array(1_000_000));
    const end = closed(inbound);
    await server.close();
    expect(await end).toMatchObject({ by: 'us', code: 7 });
    expect(server.stats()).toMatchObject({ connections: 0, timers: 0 });
    expect(client.stats().connections).toBe(1);
  });
});
