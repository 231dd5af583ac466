/** Application close codes of a connection, the same on every protocol of the endpoint. */

export const closeCodes = {
  ok: 0,
  unauthorised: 1,
  protocolError: 2,
  aborted: 3,
  revoked: 4,
  duplicate: 5,
  busy: 6,
  shuttingDown: 7,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

const names: readonly string[] = [
  'ok',
  'unauthorised',
  'protocol_error',
  'aborted',
  'revoked',
  'duplicate',
  'busy',
  'shutting_down',
];

// g[impl message.close-codes]
/** The code's word in logs and events; numbers nobody defined are shown as they are. */
export function closeCodeName(code: number): string {
  return names[code] ?? `code ${code}`;
}

/** The reason that goes with `revoked`: the number of the payload that removed the peer. */
export function revokedReason(seq: number): string {
  return `seq=${seq}`;
}

/** Reads it back; null when a peer wrote something else. */
export function parseRevokedReason(reason: string): number | null {
  const digits = /^seq=([1-9][0-9]{0,15})$/.exec(reason)?.[1];
  const seq = Number(digits ?? Number.NaN);
  return Number.isSafeInteger(seq) ? seq : null;
}
