/** How a command ends: the exit codes, and the one error that carries one. */
import type { Json } from '../protocol/types.ts';

export const exitCodes = {
  done: 0,
  /** The node refused. */
  refused: 1,
  /** Wrong usage: nothing was sent. */
  usage: 2,
  /** The node could not be reached, or one of the two could not be authenticated. */
  unreachable: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command. Printed as `{"error":{…}}` with --json, as words otherwise. */
export class CtlError extends Error {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly details: { readonly [key: string]: Json } | undefined;

  constructor(
    exitCode: ExitCode,
    code: string,
    message: string,
    options: ErrorOptions & { readonly details?: { readonly [key: string]: Json } | undefined } = {},
  ) {
    super(message, options);
    this.name = 'CtlError';
    this.exitCode = exitCode;
    this.code = code;
    this.details = options.details;
  }
}

export function usageError(message: string, options?: ErrorOptions): CtlError {
  return new CtlError(exitCodes.usage, 'usage', message, options);
}
