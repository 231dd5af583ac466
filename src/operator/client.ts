/** The client of the operator interface: what the command line, the web page's server, the demo and the tests speak through. */
import type { LinkClosed } from '../ports/transport.ts';
import { closeCodes } from '../protocol/index.ts';
import type { Json, Refusal, RequestActor, Verdict } from '../protocol/types.ts';
import type { Connection, Endpoint } from '../transport/types.ts';
import { openBody } from './body.ts';
import { isErrorCode, refuse } from './errors.ts';
import { operatorLimits } from './limits.ts';
import { LineReader } from './line-reader.ts';
import { closedError, dialError, OperatorError } from './operator-error.ts';
import { operatorAlpn } from './server.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface OperatorClient {
  /** The node's fingerprint, proved by the handshake. */
  readonly fingerprint: string;
  readonly address: string;
  /** One request. The node's own `error` comes back as the reason; throws `OperatorError` when there is no answer at all. */
  request(
    method: string,
    params?: { readonly [key: string]: Json },
    actor?: RequestActor,
  ): Promise<Verdict<Json, Refusal>>;
  /**
   * Events after `since` (null: only new ones), in order, until `close` is called or the connection ends.
   * `onEvent` gets each line as it is, gaps included. With `follow: false` only what the node has kept. One
   * subscription a connection.
   */
  subscribe(
    since: string | null,
    onEvent: (event: EventLine) => void,
    options?: { readonly follow?: boolean },
  ): Promise<Verdict<EventSubscription, Refusal>>;
  /** Resolves when the connection is over, with why. */
  readonly closed: Promise<OperatorError>;
  close(): void;
}

/** `type` is `gap` (with `from` and `to`) when events are missing. */
export type EventLine = { readonly type: string } & { readonly [key: string]: Json };

export interface EventSubscription {
  /** Resolves when no more events will come. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface ConnectOptions {
  readonly endpoint: Endpoint;
  readonly address: string;
  /** The node that must answer. */
  readonly fingerprint: string;
  readonly connectTimeoutMs?: number;
  /** How long one answer may take. */
  readonly answerTimeoutMs?: number;
  readonly timers?: Timers;
}

const connectTimeoutMsDefault = 5_000;
/** A join tries several addresses and may take this long. */
const answerTimeoutMsDefault = 90_000;

/** Connects over an endpoint the caller keeps. Throws `OperatorError`. The node accepted the key once it has answered. */
export function connectOver(options: ConnectOptions): Promise<OperatorClient> {
  const { endpoint, address, fingerprint } = options;
  return new Promise((resolve, reject) => {
    endpoint.dial(
      {
        alpn: operatorAlpn,
        address,
        fingerprint,
        timeoutMs: options.connectTimeoutMs ?? connectTimeoutMsDefault,
      },
      {
        connected: (connection) => resolve(clientOn(connection, options)),
        failed: (failure) => reject(dialError(address, failure)),
      },
    );
  });
}

function clientOn(connection: Connection, options: ConnectOptions): OperatorClient {
  let reader: LineReader | null = null;
  let over: OperatorError | null = null;
  const closed = new Promise<OperatorError>((resolve) => {
    connection.onClosed((end: LinkClosed) => {
      over = closedError(options.address, end);
      reader?.end();
      resolve(over);
    });
  });
  // Events may come before the answer to the subscription was read.
  connection.onStream((stream) => {
    if (stream.kind === 'unidirectional' && reader !== null) reader.attach(stream);
    else stream.reset(closeCodes.ok);
  });
  const request: OperatorClient['request'] = (method, params = {}, actor) =>
    requestOn(
      connection,
      { method, ...(actor === undefined ? {} : { actor }), params },
      options,
      () => over ?? closed,
    );
  return {
    fingerprint: connection.fingerprint,
    address: options.address,
    closed,
    request,
    subscribe: async (since, onEvent, { follow } = {}) => {
      if (reader !== null && !reader.over) {
        return refuse(
          'requirements_invalid',
          'this connection follows the events already: open another connection',
        );
      }
      const lines = new LineReader(onEvent);
      reader = lines;
      const answer = await request('/events/subscribe', {
        ...(since === null ? {} : { since }),
        ...(follow === false ? { follow } : {}),
      });
      if (!answer.ok) {
        lines.end();
        return answer;
      }
      return { ok: true, value: { ended: lines.ended, close: () => lines.end() } };
    },
    close: () => connection.close(closeCodes.ok, ''),
  };
}

// i[impl client.lost]
/** Why the connection is over; a stream's end may come before the connection's own, which knows the reason. */
type WhyOver = () => OperatorError | Promise<OperatorError>;

async function requestOn(
  connection: Connection,
  request: object,
  options: ConnectOptions,
  whyOver: WhyOver,
): Promise<Verdict<Json, Refusal>> {
  const deadlineMs = options.answerTimeoutMs ?? answerTimeoutMsDefault;
  const stream = connection.openStream('bidirectional');
  if (stream === null) throw await lateReason(whyOver, options);
  const body = openBody(stream, {
    bytesMax: operatorLimits.answerBytesMax,
    deadlineMs,
    timers: options.timers ?? systemTimers,
  });
  void body.send(new TextEncoder().encode(JSON.stringify(request)), deadlineMs);
  const received = await body.received;
  if (received.ok) return parseAnswer(received.value);
  if (received.reason === 'aborted') throw await lateReason(whyOver, options);
  stream.reset(closeCodes.ok);
  const problem = received.reason === 'too_large' ? 'is too large' : `did not come within ${deadlineMs} ms`;
  throw new OperatorError('lost', `the answer ${problem}`);
}

const lateReasonMs = 1_000;

async function lateReason(whyOver: WhyOver, options: ConnectOptions): Promise<OperatorError> {
  const timers = options.timers ?? systemTimers;
  let timer: unknown;
  const unexplained = new Promise<OperatorError>((resolve) => {
    timer = timers.setTimeout(
      () => resolve(new OperatorError('lost', `${options.address} ended the request without an answer`)),
      lateReasonMs,
    );
  });
  const reason = await Promise.race([whyOver(), unexplained]);
  timers.clearTimeout(timer);
  return reason;
}

// i[impl client.answers]
/** The node is authenticated, but its answer still has to have the right shape. */
function parseAnswer(bytes: Uint8Array): Verdict<Json, Refusal> {
  const bad = (): OperatorError =>
    new OperatorError('bad_answer', 'the node answered with something else than an answer');
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OperatorError('bad_answer', 'the node answered with something else than JSON', { cause });
  }
  if (typeof answer !== 'object' || answer === null) throw bad();
  if ('result' in answer) return { ok: true, value: answer.result as Json };
  if (!('error' in answer)) throw bad();
  const error = answer.error;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) throw bad();
  const { code, message } = error;
  if (typeof code !== 'string' || !isErrorCode(code) || typeof message !== 'string') throw bad();
  const details = 'details' in error && typeof error.details === 'object' ? error.details : null;
  return {
    ok: false,
    reason:
      details === null ? { code, message } : { code, message, details: details as { [key: string]: Json } },
  };
}
