/** Every bound of the operator interface, in one place. */
export interface OperatorLimits {
  /** Bytes of one request. */
  readonly requestBytesMax: number;
  /** Bytes of one answer, as a client accepts it. */
  readonly answerBytesMax: number;
  /** Requests being read, worked on or answered, over all connections. */
  readonly requestsInFlightMax: number;
  /** A request must be complete this long after its stream opened. */
  readonly requestDeadlineMs: number;
  /** A client must have taken its answer this long after it was ready. */
  readonly answerDeadlineMs: number;
  /** Operator connections at once. */
  readonly connectionsMax: number;
  /** Of one key: several command lines and a web page at once. */
  readonly connectionsPerKeyMax: number;
  /** Above `requestsInFlightMax`, so that one connection alone gets `server_busy` and not silence. */
  readonly streamsPerConnectionMax: number;
}

export const operatorLimits: OperatorLimits = {
  requestBytesMax: 1_048_576,
  answerBytesMax: 33_554_432,
  requestsInFlightMax: 64,
  requestDeadlineMs: 10_000,
  answerDeadlineMs: 30_000,
  connectionsMax: 64,
  connectionsPerKeyMax: 32,
  streamsPerConnectionMax: 80,
};

/** Keys a node authorises at once, from the database and from the file. */
export const operatorKeysMax = 1_000;
/** Bytes of `authorized_keys`; a longer file is not read. */
export const keysFileBytesMax = 262_144;
/** Bytes handed to a stream in one piece. */
export const writeChunkBytesMax = 16_384;
/** Changes in one `/grove/params/apply`. */
export const applyChangesMax = 1_024;
/** Operations in one answer of `/apps/show`. */
export const operationsShownMax = 20;
/** Versions in one answer of `/grove/history`. */
export const historyEntriesMax = 200;
/** Lines in one answer of `/server/audit`. */
export const auditLinesMax = 1_000;
export const auditLinesDefault = 50;
/** Bytes of one line of the event stream, as a client accepts it. */
export const eventLineBytesMax = 1_048_576;
/** How long one `/server/debug` looks on. */
export const debugSecondsMax = 30;
