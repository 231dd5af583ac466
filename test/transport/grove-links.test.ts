import { Socket } from 'node:dgram';
import { describe, expect, it, vi } from 'vitest';
import type { DialFailure, Link, LinkClosed } from '../../src/ports/transport.ts';
import { linkBufferedBytesMax, shortLineBytesMax } from '../../src/protocol/index.ts';
import {
  type Connection,
  createGroveLinks,
  type Endpoint,
  type GroveLinks,
  type GroveLinksOptions,
  groveAlpn,
} from '../../src/transport/index.ts';
import { closed, dial, firstAddress, Inbox, openStream, startEndpoint, text } from './fixture.ts';

interface OpenLink {
  readonly link: Link;
  readonly lines: Inbox<string>;
  readonly malformed: Inbox<string>;
  readonly closed: Promise<LinkClosed>;
}

function openLink(link: Link): OpenLink {
  const lines = new Inbox<string>();
  const malformed = new Inbox<string>();
  const end = new Promise<LinkClosed>((resolve) => {
    link.open({
      line: (bytes) => lines.put(Buffer.from(bytes).toString('utf8')),
      malformed: malformed.put,
      closed: resolve,
    });
  });
  return { link, lines, malformed, closed: end };
}

interface GroveNode {
  readonly endpoint: Endpoint;
  readonly links: GroveLinks;
  readonly inbound: Inbox<Link>;
}

async function startNode(options: GroveLinksOptions = {}): Promise<GroveNode> {
  const endpoint = await startEndpoint();
  const links = createGroveLinks(endpoint, options);
  const inbound = new Inbox<Link>();
  links.listen(inbound.put);
  links.setTrust(() => null);
  return { endpoint, links, inbound };
}

function dialLink(from: GroveNode, to: GroveNode): Promise<Link> {
  return new Promise((resolve, reject) => {
    from.links.dial(
      { address: firstAddress(to.endpoint), fingerprint: to.endpoint.fingerprint },
      { connected: resolve, failed: (failure: DialFailure) => reject(new Error(failure.detail)) },
    );
  });
}

async function linkedPair(options: { server?: GroveLinksOptions; client?: GroveLinksOptions } = {}) {
  const server = await startNode(options.server);
  const client = await startNode(options.client);
  const there = openLink(await dialLink(client, server));
  there.link.send(text('hello'));
  const here = openLink(await server.inbound.next());
  expect(await here.lines.next()).toBe('hello');
  return { server, client, here, there };
}

/** A peer that speaks the protocol by hand: it may open any stream and write anything. */
async function handmadePeer(
  options: GroveLinksOptions = {},
): Promise<{ node: GroveNode; connection: Connection }> {
  const node = await startNode(options);
  const client = await startEndpoint();
  return { node, connection: await dial(client, node.endpoint, { alpn: groveAlpn }) };
}

const longLine = `{"type":"version","payload":"${'x'.repeat(262_144)}"}`;

describe('a link', () => {
  // t[verify link.lines]
  it('carries lines both ways, in order, however many', async () => {
    const { here, there } = await linkedPair();
    const sent = Array.from({ length: 500 }, (_, index) => `{"type":"x","n":${index}}`);
    for (const line of sent) expect(there.link.send(text(line))).toBe(true);
    for (const line of sent) expect(await here.lines.next()).toBe(line);
    for (const line of sent) expect(here.link.send(text(line))).toBe(true);
    for (const line of sent) expect(await there.lines.next()).toBe(line);
  });

  // t[verify link.lines]
  it('is there for the server with its first line, which waits for the one who opens it', async () => {
    const server = await startNode();
    const client = await startNode();
    const link = await dialLink(client, server);
    expect(link).toMatchObject({ direction: 'outbound', fingerprint: server.endpoint.fingerprint });
    link.send(text('first'));
    link.send(text('second'));
    const inbound = await server.inbound.next();
    expect(inbound).toMatchObject({ direction: 'inbound', fingerprint: client.endpoint.fingerprint });
    expect(inbound.address).toBe(firstAddress(client.endpoint));
    const { lines } = openLink(inbound);
    expect([await lines.next(), await lines.next()]).toEqual(['first', 'second']);
    expect([server.links.linkCount(), client.links.linkCount()]).toEqual([1, 1]);
  });

  // t[verify link.lines]
  it('takes a line of 256 KiB that comes byte by byte', async () => {
    const { node, connection } = await handmadePeer();
    const stream = openStream(connection);
    const bytes = text(`${longLine}\n`);
    let offset = 0;
    const fill = (): void => {
      while (offset < bytes.length && stream.write(bytes.subarray(offset, offset + 1))) offset += 1;
    };
    stream.open({ data: () => {}, end: () => {}, drain: fill, aborted: () => {} });
    fill();
    const { lines } = openLink(await node.inbound.next());
    expect(await lines.next()).toBe(longLine);
  });

  // t[verify link.malformed]
  it('ends when a line grows too long, after the lines before it', async () => {
    const { node, connection } = await handmadePeer();
    const stream = openStream(connection);
    stream.write(text(`good\n${'x'.repeat(shortLineBytesMax + 1)}`));
    const { lines, malformed, closed: end } = openLink(await node.inbound.next());
    expect(await lines.next()).toBe('good');
    expect(await malformed.next()).toContain(`passed ${shortLineBytesMax} bytes`);
    expect(await end).toMatchObject({ by: 'us', code: 2 });
    expect(await closed(connection)).toMatchObject({ by: 'peer', code: 2 });
  });

  // t[verify link.malformed]
  it('ends when its stream ends inside a line, or breaks off', async () => {
    const cut = await handmadePeer();
    const stream = openStream(cut.connection);
    stream.write(text('half a li'));
    const first = openLink(await cut.node.inbound.next());
    stream.end();
    expect(await first.malformed.next()).toContain('inside a line');
    expect(await first.closed).toMatchObject({ by: 'us', code: 2 });

    const broken = await handmadePeer();
    const doomed = openStream(broken.connection);
    doomed.write(text('line\n'));
    const second = openLink(await broken.node.inbound.next());
    await second.lines.next();
    doomed.reset(1);
    expect(await second.malformed.next()).toContain('broke off');
    expect(await second.closed).toMatchObject({ by: 'us', code: 2 });
  });

  // t[verify link.one-stream]
  it.each(['bidirectional', 'unidirectional'] as const)('ends at a second stream (%s)', async (kind) => {
    const { node, connection } = await handmadePeer();
    openStream(connection).write(text('line\n'));
    const { malformed, closed: end } = openLink(await node.inbound.next());
    openStream(connection, kind).write(text('more\n'));
    expect(await malformed.next()).toBe('a second stream was opened');
    expect(await end).toMatchObject({ by: 'us', code: 2 });
  });

  // t[verify link.one-stream]
  it('ends for the dialler, too, when the server opens a stream', async () => {
    const server = await startEndpoint();
    server.register({
      alpn: groveAlpn,
      trust: () => null,
      connectionsMax: 1,
      streamsPerConnectionMax: 1,
      accept: (connection) => openStream(connection, 'unidirectional').write(text('x')),
    });
    const client = await startNode();
    const { malformed, closed: end } = openLink(
      await dialLink(client, { endpoint: server, links: client.links, inbound: client.inbound }),
    );
    expect(await malformed.next()).toBe('a second stream was opened');
    expect(await end).toMatchObject({ by: 'us', code: 2 });
  });

  // t[verify link.inbound]
  it('is refused when its only stream has one direction, when none comes in time, and when nobody listens', async () => {
    const oneWay = await handmadePeer();
    openStream(oneWay.connection, 'unidirectional').write(text('line\n'));
    expect(await closed(oneWay.connection)).toMatchObject({ by: 'peer', code: 2 });

    const silent = await handmadePeer({ firstStreamMs: 30 });
    expect(await closed(silent.connection)).toMatchObject({ by: 'peer', code: 2 });

    const deaf = await handmadePeer();
    deaf.node.links.listen(() => {})();
    openStream(deaf.connection).write(text('line\n'));
    expect(await closed(deaf.connection)).toEqual({ by: 'peer', code: 6, reason: 'not listening' });
    expect(oneWay.node.inbound.waitingValues.length + silent.node.inbound.waitingValues.length).toBe(0);
  });
});

describe('sending on a link', () => {
  // t[verify link.send]
  it('ends it as busy when the peer does not read', async () => {
    const server = await startNode();
    const client = await startNode();
    const { link, closed: end } = openLink(await dialLink(client, server));
    const line = new Uint8Array(200_000);
    let sent = 0;
    while (link.send(line)) sent += line.length;
    expect(sent).toBeGreaterThan(linkBufferedBytesMax - line.length);
    expect(link.send(text('short'))).toBe(false);
    expect(await end).toMatchObject({ by: 'us', code: 6 });
  });

  // t[verify link.send]
  it('does nothing after the end', async () => {
    const { here, there } = await linkedPair();
    there.link.close(0, '');
    expect(there.link.send(text('late'))).toBe(false);
    await here.closed;
    expect(here.link.send(text('late'))).toBe(false);
  });
});

describe('closing a link', () => {
  // t[verify link.close]
  it('delivers the last line first, then code and reason, without waiting out the grace', async () => {
    const { here, there } = await linkedPair({
      client: { closeGraceMs: 3_600_000 },
      server: { closeGraceMs: 3_600_000 },
    });
    there.link.send(text(longLine));
    there.link.send(text('{"type":"abort","reason":"seq_regression"}'));
    there.link.close(3, 'seq_regression');
    expect(await here.lines.next()).toBe(longLine);
    expect(await here.lines.next()).toContain('abort');
    expect(await here.closed).toEqual({ by: 'peer', code: 3, reason: 'seq_regression' });
    expect(await there.closed).toEqual({ by: 'us', code: 3, reason: 'seq_regression' });
    expect(here.malformed.waitingValues).toEqual([]);
  });

  // t[verify link.close]
  it('gives a peer that does not finish its side only its time', async () => {
    const { node, connection } = await handmadePeer({ closeGraceMs: 30 });
    openStream(connection).write(text('line\n'));
    const { link, closed: end } = openLink(await node.inbound.next());
    link.close(0, 'bye');
    expect(await end).toEqual({ by: 'us', code: 0, reason: 'bye' });
    expect(await closed(connection)).toEqual({ by: 'peer', code: 0, reason: 'bye' });
  });

  // t[verify link.close]
  it('hands over nothing that arrives afterwards', async () => {
    const { here, there } = await linkedPair();
    here.link.close(0, 'first');
    there.link.send(text('crossing'));
    expect(await there.closed).toMatchObject({ by: 'peer', code: 0, reason: 'first' });
    expect(here.lines.waitingValues).toEqual([]);
  });

  // t[verify link.close]
  it('tells a link that is opened after its end', async () => {
    const server = await startNode();
    const client = await startNode();
    const link = await dialLink(client, server);
    link.send(text('x'));
    await server.inbound.next();
    await server.endpoint.close();
    await expect.poll(() => client.links.linkCount()).toBe(0);
    expect(await openLink(link).closed).toMatchObject({ by: 'peer', code: 7 });
  });

  // t[verify link.close]
  it('is answered when the peer only finishes its side', async () => {
    const { node, connection } = await handmadePeer({ closeGraceMs: 15 });
    const stream = openStream(connection);
    stream.write(text('line\n'));
    stream.end();
    const { lines, closed: end } = openLink(await node.inbound.next());
    expect(await lines.next()).toBe('line');
    expect(await end).toEqual({ by: 'us', code: 0, reason: 'the peer finished' });
  });
});

describe('trust on links', () => {
  // t[verify link.trust]
  it('is nobody’s until it is set, and closes with the code it says when it changes', async () => {
    const server = await startNode();
    const client = await startNode();
    server.links.setTrust(() => ({ code: 1, reason: 'not a member' }));
    const refused = openLink(await dialLink(client, server));
    expect(await refused.closed).toEqual({ by: 'peer', code: 1, reason: 'not a member' });
    expect(refused.malformed.waitingValues).toEqual([]);

    server.links.setTrust(() => null);
    const { link, malformed, closed: end } = openLink(await dialLink(client, server));
    link.send(text('hello'));
    const here = openLink(await server.inbound.next());
    await here.lines.next();
    server.links.setTrust(() => ({ code: 4, reason: 'seq=9' }));
    expect(await end).toEqual({ by: 'peer', code: 4, reason: 'seq=9' });
    expect(await here.closed).toEqual({ by: 'us', code: 4, reason: 'seq=9' });
    expect([...malformed.waitingValues, ...here.malformed.waitingValues]).toEqual([]);
  });

  // t[verify link.trust]
  it('leaves a link that is closing already the code and the reason of its close', async () => {
    const patient = { closeGraceMs: 3_600_000 };
    const { client, here, there } = await linkedPair({ client: patient, server: patient });
    there.link.send(text('last'));
    there.link.close(7, 'this node stops');
    client.links.setTrust(() => ({ code: 1, reason: 'not a member' }));
    expect(await here.lines.next()).toBe('last');
    expect(await here.closed).toEqual({ by: 'peer', code: 7, reason: 'this node stops' });
  });

  // t[verify link.trust]
  it('starts with nobody', async () => {
    const endpoint = await startEndpoint();
    createGroveLinks(endpoint);
    const connection = await dial(await startEndpoint(), endpoint, { alpn: groveAlpn });
    expect(await closed(connection)).toMatchObject({ by: 'peer', code: 1 });
  });
});

describe('the renewal of a link', () => {
  const forever = 3_600_000;

  // t[verify link.renewal]
  it('comes from the dialler after its time', async () => {
    const { here } = await linkedPair({ client: { renewal: { ageMsMax: 40, bytesMax: 1e9 } } });
    expect(await here.closed).toEqual({ by: 'peer', code: 0, reason: 'renew' });
  });

  // t[verify link.renewal]
  it('comes after so many bytes in both directions, and from the server only somewhat later', async () => {
    const renewal = { ageMsMax: forever, bytesMax: 1_000 };
    const { here, there } = await linkedPair({ client: { renewal }, server: { renewal } });
    for (let count = 0; count < 4; count += 1) {
      here.link.send(new Uint8Array(124));
      await there.lines.next();
      there.link.send(new Uint8Array(124));
    }
    expect(await here.closed).toEqual({ by: 'peer', code: 0, reason: 'renew' });
  });
});

describe('the addresses of a node', () => {
  // t[verify listen.dialable]
  it('are the advertised ones and those it listens on', async () => {
    const endpoint = await startEndpoint();
    const links = createGroveLinks(endpoint, { advertise: ['198.51.100.7:7891'] });
    expect(links.addresses()).toEqual(['198.51.100.7:7891', firstAddress(endpoint)]);
  });
});

describe('flushing', () => {
  // t[verify flow.flush]
  it('hands a line to the socket before send returns', async () => {
    const { there } = await linkedPair();
    const sent = vi.spyOn(Socket.prototype, 'send');
    try {
      there.link.send(text('now'));
      expect(sent).toHaveBeenCalled();
    } finally {
      sent.mockRestore();
    }
  });
});
