/** Why a client could not talk to a node at all. A node that answered `error` is no such failure. */
import type { DialFailure, LinkClosed } from '../ports/transport.ts';
import { closeCodes, printable } from '../protocol/index.ts';

export type OperatorFailure =
  | 'unreachable'
  | 'unauthorized'
  | 'wrong_fingerprint'
  | 'unknown_host'
  | 'local_files'
  | 'lost'
  | 'bad_answer';

export class OperatorError extends Error {
  readonly failure: OperatorFailure;

  constructor(failure: OperatorFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.failure = failure;
  }
}

const detailCharactersMax = 256;

export function dialError(address: string, failure: DialFailure): OperatorError {
  const detail = printable(failure.detail, detailCharactersMax);
  if (failure.kind === 'wrong_fingerprint') {
    return new OperatorError('wrong_fingerprint', `${address} is not the node that was expected: ${detail}`);
  }
  if (failure.code === closeCodes.unauthorised) return unauthorised(address);
  return new OperatorError('unreachable', `no answer from ${address}: ${detail}`);
}

export function closedError(address: string, end: LinkClosed): OperatorError {
  if (end.by === 'peer' && end.code === closeCodes.unauthorised) return unauthorised(address);
  if (end.by === 'peer' && end.code === closeCodes.busy) {
    return new OperatorError(
      'unreachable',
      `${address} has as many operator connections as it allows: try again later`,
    );
  }
  const detail = printable(end.reason, detailCharactersMax);
  return new OperatorError('lost', `the connection to ${address} ended${detail === '' ? '' : `: ${detail}`}`);
}

function unauthorised(address: string): OperatorError {
  return new OperatorError('unauthorized', `the node at ${address} does not accept this key`);
}
