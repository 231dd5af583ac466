/** The table of refusals of the operator interface. `docs/reference/errors.md` is held to it by a test. */
import type { ErrorCode, Json, Refusal } from '../protocol/types.ts';

// i[impl errors.codes]
/** What each code tells an operator. */
export const errorTable: { readonly [Code in ErrorCode]: string } = {
  not_found: 'What the request names does not exist here.',
  already_installed: 'What the request would create is there already.',
  not_installed: 'What the request works on is not installed.',
  operation_in_progress: 'Another operation has to finish first.',
  requirements_invalid: 'The request is well formed, but the state of the node or a rule forbids it.',
  unauthorized: 'The key of the client is not authorised.',
  server_busy: 'Too many requests are in flight.',
  invalid_request: 'The request is malformed.',
  unknown_method: 'The node knows no such method.',
  internal: 'The node failed; its log says how.',
};

export interface Refused {
  readonly ok: false;
  readonly reason: Refusal;
}

export function refuse(
  code: ErrorCode,
  message: string,
  details?: { readonly [key: string]: Json },
): Refused {
  return { ok: false, reason: details === undefined ? { code, message } : { code, message, details } };
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}
