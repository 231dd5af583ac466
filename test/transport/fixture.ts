/** Real endpoints on loopback, closed after each test, and the few waits the transport's tests need. */
import { afterEach } from 'vitest';
import type { DialFailure, LinkClosed } from '../../src/ports/transport.ts';
import {
  type Connection,
  createEndpoint,
  createEphemeralIdentity,
  type Endpoint,
  type EndpointOptions,
  type ProtocolRegistration,
  type Registration,
  type Stream,
} from '../../src/transport/index.ts';

export const alpn = 'test/1';
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function afterThisTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export async function startEndpoint(options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  const endpoint = await createEndpoint({
    identity: createEphemeralIdentity(),
    listen: ['127.0.0.1:0'],
    ...options,
  });
  afterThisTest(() => endpoint.close());
  return endpoint;
}

/** A value that comes later, as often as it comes. */
export class Inbox<Value> {
  readonly #values: Value[] = [];
  readonly #waiting: ((value: Value) => void)[] = [];

  get waitingValues(): readonly Value[] {
    return this.#values;
  }

  readonly put = (value: Value): void => {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#values.push(value);
    else waiter(value);
  };

  next(): Promise<Value> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve(value);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Registers a protocol that trusts everybody unless told otherwise, and collects the connections it accepts. */
export function serve(
  endpoint: Endpoint,
  overrides: Partial<ProtocolRegistration> = {},
): { connections: Inbox<Connection>; registration: Registration } {
  const connections = new Inbox<Connection>();
  const registration = endpoint.register({
    alpn,
    trust: () => null,
    accept: connections.put,
    connectionsMax: 64,
    connectionsPerFingerprintMax: 64,
    streamsPerConnectionMax: 8,
    ...overrides,
  });
  return { connections, registration };
}

export function firstAddress(endpoint: Endpoint): string {
  const [address] = endpoint.listening;
  if (address === undefined) throw new Error('the endpoint listens nowhere');
  return address;
}

export interface DialOptions {
  readonly alpn?: string;
  readonly address?: string;
  readonly fingerprint?: string | null;
  readonly timeoutMs?: number;
}

export class DialError extends Error {
  readonly failure: DialFailure;
  constructor(failure: DialFailure) {
    super(`${failure.kind}: ${failure.detail}`);
    this.failure = failure;
  }
}

export function dial(from: Endpoint, to: Endpoint, options: DialOptions = {}): Promise<Connection> {
  return new Promise((resolve, reject) => {
    from.dial(
      { alpn, address: firstAddress(to), fingerprint: to.fingerprint, ...options },
      { connected: resolve, failed: (failure) => reject(new DialError(failure)) },
    );
  });
}

export async function dialFailure(
  from: Endpoint,
  to: Endpoint,
  options: DialOptions = {},
): Promise<DialFailure> {
  try {
    await dial(from, to, options);
  } catch (error) {
    if (error instanceof DialError) return error.failure;
    throw error;
  }
  throw new Error('the dial succeeded');
}

export function closed(connection: Connection): Promise<LinkClosed> {
  return new Promise((resolve) => connection.onClosed(resolve));
}

/** A server and a client of one protocol, connected. */
export async function connectedPair(
  options: {
    readonly server?: Partial<EndpointOptions>;
    readonly client?: Partial<EndpointOptions>;
    readonly protocol?: Partial<ProtocolRegistration>;
  } = {},
): Promise<{ server: Endpoint; client: Endpoint; inbound: Connection; outbound: Connection }> {
  const server = await startEndpoint(options.server);
  const client = await startEndpoint(options.client);
  const { connections } = serve(server, options.protocol);
  const outbound = await dial(client, server);
  return { server, client, inbound: await connections.next(), outbound };
}

export function openStream(connection: Connection, kind: Stream['kind'] = 'bidirectional'): Stream {
  const stream = connection.openStream(kind);
  if (stream === null) throw new Error('no stream is allowed');
  return stream;
}

export function nextStream(connection: Connection): Promise<Stream> {
  return new Promise((resolve) => connection.onStream(resolve));
}

/** Opens a stream and reads it to its end, or to its breaking off. */
export function readAll(stream: Stream): Promise<{ text: string; aborted: string | null }> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve) => {
    const finish = (aborted: string | null) =>
      resolve({ text: Buffer.concat(chunks).toString('utf8'), aborted });
    stream.open({
      data: (bytes) => void chunks.push(bytes),
      end: () => finish(null),
      aborted: (reason) => finish(reason),
    });
  });
}

/** Opens a stream and hands over each piece as it arrives. */
export function readPieces(stream: Stream): Inbox<string> {
  const pieces = new Inbox<string>();
  stream.open({
    data: (bytes) => pieces.put(Buffer.from(bytes).toString('utf8')),
    end: () => pieces.put('(end)'),
    aborted: (reason) => pieces.put(`(aborted: ${reason})`),
  });
  return pieces;
}

export function text(value: string): Uint8Array {
  return Buffer.from(value);
}

/** One message there and back: shows that a connection works. */
export async function echoWorks(outbound: Connection, inbound: Connection): Promise<boolean> {
  inbound.onStream((stream) => {
    stream.open({ data: (bytes) => void stream.write(bytes), end: () => stream.end(), aborted: () => {} });
  });
  const stream = openStream(outbound);
  const answer = readAll(stream);
  stream.write(text('hello'));
  stream.end();
  return (await answer).text === 'hello';
}
