/**
 * The operator interface on the shared endpoint: one request per bidirectional stream, one answer back. It
 * decides who may connect, how many requests run at once and what a failure looks like from outside; what a
 * request does is the methods' business.
 */
import { closeCodes, printable } from '../protocol/index.ts';
import type { Json, RequestActor } from '../protocol/types.ts';
import type { Connection, Endpoint, Registration, Stream } from '../transport/types.ts';
import { type Body, type BodyFailure, openBody } from './body.ts';
import type { NodeControl } from './control.ts';
import { refuse } from './errors.ts';
import { type EventsWanted, streamEvents } from './event-stream.ts';
import type { AuthorisedKey, AuthorisedKeys } from './keys.ts';
import { type OperatorLimits, operatorLimits } from './limits.ts';
import type { MethodNode, MethodOutcome } from './method.ts';
import { runMethod } from './methods.ts';
import { type OperatorRequest, parseRequest } from './request.ts';
import { systemTimers, type Timers } from './timers.ts';

export const operatorAlpn = 'bes.seedling/1';

export interface OperatorServerOptions {
  readonly endpoint: Endpoint;
  readonly control: NodeControl;
  readonly keys: AuthorisedKeys;
  readonly version: string;
  readonly hostname: string;
  /** Whole seconds since the node started. */
  uptimeSeconds(): number;
  /** The addresses others can dial, advertised ones first; goes into invites. */
  dialableAddresses(): readonly string[];
  /** See `MethodNode`. */
  debug(seconds: number): Promise<{ readonly [part: string]: Json }>;
  /** Told of faults of this node while it answered, for its log. */
  reportFault(method: string, error: unknown): void;
  readonly limits?: Partial<OperatorLimits>;
  readonly timers?: Timers;
}

export interface OperatorServer {
  /** Requests being read, worked on or answered. */
  requestsInFlight(): number;
  /**
   * Answers a request that came in another way than over a stream, whose sender the caller has authenticated as
   * `actor`; one that the request names is not taken. Counts against the requests in flight. Never rejects.
   */
  answer(bytes: Uint8Array, actor: RequestActor): Promise<MethodOutcome>;
  /** Stops accepting connections. Open ones end with the endpoint. */
  close(): void;
}

export function serveOperators(options: OperatorServerOptions): OperatorServer {
  const limits = { ...operatorLimits, ...options.limits };
  const session: Session = {
    options,
    limits,
    timers: options.timers ?? systemTimers,
    inFlight: 0,
    recheck: () => registration.recheck(),
  };
  // i[impl trust.keys]
  const registration: Registration = options.endpoint.register({
    alpn: operatorAlpn,
    trust: (fingerprint) =>
      options.keys.find(fingerprint) === null
        ? { code: closeCodes.unauthorised, reason: 'this key is not authorised to operate this node' }
        : null,
    accept: (connection) => serveConnection(session, connection),
    connectionsMax: limits.connectionsMax,
    connectionsPerFingerprintMax: limits.connectionsPerKeyMax,
    streamsPerConnectionMax: limits.streamsPerConnectionMax,
  });
  options.keys.onFileChange(() => registration.recheck());
  return {
    requestsInFlight: () => session.inFlight,
    answer: (bytes, actor) => answerElsewhere(session, bytes, actor),
    close: () => {
      registration.unregister();
    },
  };
}

interface Session {
  readonly options: OperatorServerOptions;
  readonly limits: OperatorLimits;
  readonly timers: Timers;
  readonly recheck: () => void;
  inFlight: number;
}

interface Client {
  readonly connection: Connection;
  events: { close(): void } | null;
  open: boolean;
}

function serveConnection(session: Session, connection: Connection): void {
  const client: Client = { connection, events: null, open: true };
  connection.onClosed(() => {
    client.open = false;
    client.events?.close();
  });
  connection.onStream((stream) => {
    if (stream.kind === 'bidirectional') void serveStream(session, client, stream);
    else stream.reset(closeCodes.protocolError);
  });
}

/** Never rejects: whatever goes wrong ends as an answer or with the stream. */
async function serveStream(session: Session, client: Client, stream: Stream): Promise<void> {
  try {
    await serveRequest(session, client, stream);
  } catch (error) {
    session.options.reportFault('a request', error);
    stream.reset(closeCodes.aborted);
  }
}

async function serveRequest(session: Session, client: Client, stream: Stream): Promise<void> {
  const { limits, timers } = session;
  const body = openBody(stream, {
    bytesMax: limits.requestBytesMax,
    deadlineMs: limits.requestDeadlineMs,
    timers,
  });
  // i[impl request.in-flight]
  if (session.inFlight >= limits.requestsInFlightMax) {
    await answer(session, body, refuseBusy(limits));
    return;
  }
  session.inFlight += 1;
  const afterAnswer: (() => void)[] = [];
  try {
    const received = await body.received;
    if (!received.ok && received.reason === 'aborted') return;
    const outcome = received.ok
      ? await respond(session, client, received.value, afterAnswer)
      : refuseBody(received.reason, limits);
    await answer(session, body, outcome);
  } finally {
    session.inFlight -= 1;
    for (const action of afterAnswer) action();
  }
}

/** One request of the web page, whose server has no connection of an operator's key. */
async function answerElsewhere(
  session: Session,
  bytes: Uint8Array,
  actor: RequestActor,
): Promise<MethodOutcome> {
  if (session.inFlight >= session.limits.requestsInFlightMax) return refuseBusy(session.limits);
  const request = parseRequest(bytes);
  if (!request.ok) return request;
  session.inFlight += 1;
  const afterAnswer: (() => void)[] = [];
  try {
    const call = {
      ...nodeOf(session),
      actor,
      streamEvents: () => false,
      recheckTrust: () => void afterAnswer.push(session.recheck),
    };
    return await runSafely(session, request.value, (method, params) => runMethod(method, call, params));
  } finally {
    session.inFlight -= 1;
    for (const action of afterAnswer) action();
  }
}

function refuseBusy({ requestsInFlightMax }: OperatorLimits): MethodOutcome {
  const busy = `${requestsInFlightMax} requests are in flight: try again in a moment`;
  return refuse('server_busy', busy, { requests_max: requestsInFlightMax });
}

// i[impl request.bounds]
function refuseBody(reason: BodyFailure, limits: OperatorLimits): MethodOutcome {
  if (reason === 'too_large') {
    const bytes = { bytes_max: limits.requestBytesMax };
    return refuse('invalid_request', `a request is at most ${limits.requestBytesMax} bytes`, bytes);
  }
  return refuse('invalid_request', `the request was not complete after ${limits.requestDeadlineMs} ms`);
}

async function respond(
  session: Session,
  client: Client,
  bytes: Uint8Array,
  afterAnswer: (() => void)[],
): Promise<MethodOutcome> {
  const request = parseRequest(bytes);
  if (!request.ok) return request;
  const key = session.options.keys.find(client.connection.fingerprint);
  // The key may have gone while the request was on its way.
  if (key === null) return refuse('unauthorized', 'this key is not authorised any more');
  const call = {
    ...nodeOf(session),
    actor: request.value.actor ?? actorOf(key),
    streamEvents: (wanted: EventsWanted) => startEvents(session, client, wanted, afterAnswer),
    recheckTrust: () => void afterAnswer.push(session.recheck),
  };
  return runSafely(session, request.value, (method, params) => runMethod(method, call, params));
}

function nodeOf({ options }: Session): MethodNode {
  const { control, keys, endpoint, version, hostname } = options;
  return {
    control,
    keys,
    endpoint,
    version,
    hostname,
    uptimeSeconds: () => options.uptimeSeconds(),
    dialableAddresses: () => options.dialableAddresses(),
    debug: (seconds) => options.debug(seconds),
  };
}

// i[impl request.actor]
/** Who asks, when the request does not say. */
function actorOf(key: AuthorisedKey): RequestActor {
  return { kind: 'ctl', id: key.fingerprint, display: key.label };
}

// i[impl request.faults]
/** A fault of ours is named in the log; the client learns only that there was one. */
async function runSafely(
  session: Session,
  request: OperatorRequest,
  run: (method: string, params: OperatorRequest['params']) => Promise<MethodOutcome>,
): Promise<MethodOutcome> {
  try {
    return await run(request.method, request.params);
  } catch (error) {
    session.options.reportFault(printable(request.method, 128), error);
    return refuse('internal', 'the node could not do this: its log says why');
  }
}

function startEvents(
  session: Session,
  client: Client,
  wanted: EventsWanted,
  afterAnswer: (() => void)[],
): boolean {
  if (client.events !== null) return false;
  client.events = { close: () => {} };
  afterAnswer.push(() => {
    client.events = null;
    if (!client.open) return;
    client.events = streamEvents(client.connection, session.options.control, wanted, () => {
      client.events = null;
    });
  });
  return true;
}

// i[impl request.slow-reader]
async function answer(session: Session, body: Body, outcome: MethodOutcome): Promise<void> {
  const text = JSON.stringify(outcome.ok ? { result: outcome.value } : { error: outcome.reason });
  await body.send(new TextEncoder().encode(text), session.limits.answerDeadlineMs);
}
