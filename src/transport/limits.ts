/** Every bound and delay of the transport in one place, with the relations between them. */
import { assert } from '../protocol/index.ts';

export interface TransportLimits {
  /** A connection that hears nothing for this long is over. Always finite, on both sides. */
  readonly idleTimeoutMs: number;
  /** A connection that heard nothing for this long asks the peer for a sign of life. */
  readonly keepAliveMs: number;
  /** An accepted handshake that is not finished by then is forgotten. */
  readonly handshakeTimeoutMs: number;
  /** A dial that is not finished by then has failed, when its target names no time of its own. */
  readonly dialTimeoutMs: number;
  /** How long `Connection.close` waits for queued bytes to reach the peer. */
  readonly closeFlushMs: number;
  /** How long `Endpoint.close` waits for all connections to end. */
  readonly shutdownMs: number;

  /** Accepted handshakes in progress at once, over all protocols; the oldest gives way to the next. */
  readonly handshakesMax: number;
  /** Those from one address that has not answered a retry; the next one is asked to. */
  readonly handshakesPerUnprovenAddressMax: number;
  /** Those from one address that has answered, behind which a whole site may sit; the oldest gives way. */
  readonly handshakesPerProvenAddressMax: number;
  /** From this many handshakes in progress on, every unproven address has to answer a retry first. */
  readonly retryThreshold: number;
  /** How long the answer to a retry is good. */
  readonly retryTokenMs: number;

  /** Inbound connections of one fingerprint, when the protocol names no number of its own. */
  readonly connectionsPerFingerprintMax: number;
  /** At that limit, an older connection that was quiet for this long gives way to the new one. */
  readonly silentMs: number;
  /** Dials in progress at once. */
  readonly dialsMax: number;
  /** Closed connections kept to repeat their last words; the oldest goes first. */
  readonly lingeringMax: number;
  /** Lines of the log about connections that were not let in; more are only counted. */
  readonly refusalLinesPerMinuteMax: number;

  /** Streams of each kind the server may open on a connection we dialled. */
  readonly serverStreamsMax: number;
  /** Unidirectional streams a client may have open. */
  readonly clientUnidirectionalStreamsMax: number;
  /** Bytes one stream holds because the connection does not take them yet. */
  readonly streamBufferedBytesMax: number;
  /** Bytes of a connection that may be on their way before the reader has to take some. */
  readonly connectionWindowBytes: number;
  /** The same for one stream. */
  readonly streamWindowBytes: number;
  /** How far the two windows may grow for a reader that keeps up. */
  readonly connectionWindowBytesMax: number;
  readonly streamWindowBytesMax: number;

  /** Payload of the UDP datagrams we send. */
  readonly datagramBytesMax: number;
  /** Datagrams a connection sends before others get their turn. */
  readonly datagramsPerTurnMax: number;
  /** Datagrams waiting for the operating system; more are dropped, as a full network would. */
  readonly datagramsQueuedMax: number;
}

export const transportLimits: TransportLimits = {
  idleTimeoutMs: 30_000,
  keepAliveMs: 10_000,
  handshakeTimeoutMs: 5_000,
  dialTimeoutMs: 10_000,
  closeFlushMs: 1_000,
  shutdownMs: 2_000,

  handshakesMax: 512,
  handshakesPerUnprovenAddressMax: 8,
  handshakesPerProvenAddressMax: 128,
  retryThreshold: 32,
  retryTokenMs: 10_000,

  connectionsPerFingerprintMax: 2,
  silentMs: 15_000,
  dialsMax: 256,
  lingeringMax: 256,
  refusalLinesPerMinuteMax: 30,

  serverStreamsMax: 16,
  clientUnidirectionalStreamsMax: 4,
  streamBufferedBytesMax: 1_114_112,
  connectionWindowBytes: 4 * 1_048_576,
  streamWindowBytes: 1_048_576,
  connectionWindowBytesMax: 8 * 1_048_576,
  streamWindowBytesMax: 4 * 1_048_576,

  // 1,350 passes every path of a normal Ethernet, PPPoE or WireGuard; it is also what the package's own classes send.
  datagramBytesMax: 1_350,
  datagramsPerTurnMax: 32,
  datagramsQueuedMax: 1_024,
};

/** An inbound connection lets the dialler ask for the sign of life, and asks itself only a quarter later. */
export const inboundKeepAliveFactor = 1.25;

/** Fills in the defaults and refuses numbers that contradict each other. */
export function resolveLimits(overrides: Partial<TransportLimits> = {}): TransportLimits {
  const limits = { ...transportLimits, ...overrides };
  for (const [name, value] of Object.entries(limits)) {
    assert(Number.isSafeInteger(value) && value > 0, `${name} is a positive whole number`);
  }
  assert(limits.keepAliveMs * 2 <= limits.idleTimeoutMs, 'two signs of life fit the idle time-out');
  assert(limits.handshakesPerProvenAddressMax * 2 <= limits.handshakesMax, 'a second site finds room');
  assert(limits.retryThreshold < limits.handshakesMax, 'retries start before handshakes are dropped');
  assert(limits.streamWindowBytes <= limits.connectionWindowBytes, 'a stream fits its connection');
  assert(limits.streamWindowBytes <= limits.streamWindowBytesMax, 'a stream window only grows');
  assert(limits.connectionWindowBytes <= limits.connectionWindowBytesMax, 'a connection window only grows');
  assert(limits.datagramBytesMax >= 1_200, 'QUIC needs datagrams of 1,200 bytes');
  return limits;
}
