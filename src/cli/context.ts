/** What every command is given: where to write, what to read, and the node on the other end. */
import type { Environment, OperatorClient } from '../operator/index.ts';
import type { Json } from '../protocol/types.ts';
import { CtlError, exitCodes } from './exit.ts';
import type { Output, TextSink } from './output.ts';

/** The process around the command line, passed in so that programs and tests can run it too. */
export interface CtlIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };
  readonly env: Environment;
  /** Ends `events --follow`, with exit code 0. */
  readonly signal?: AbortSignal;
}

/** The options that come before the command. */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly host?: string;
  readonly json?: boolean;
  readonly fingerprint?: string;
  readonly acceptNew?: boolean;
}

export interface CommandContext {
  readonly io: CtlIo;
  readonly options: GlobalOptions;
  readonly output: Output;
  /** Connects on first use; the same connection afterwards. */
  client(): Promise<OperatorClient>;
  /** One request. A refusal of the node ends the command with exit code 1. */
  request(method: string, params?: { readonly [key: string]: Json | undefined }): Promise<Json>;
}

export async function requestOrFail(
  client: OperatorClient,
  method: string,
  params: { readonly [key: string]: Json | undefined },
): Promise<Json> {
  const answer = await client.request(method, withoutUndefined(params));
  if (answer.ok) return answer.value;
  const { code, message, details } = answer.reason;
  throw new CtlError(exitCodes.refused, code, message, { details });
}

function withoutUndefined(params: { readonly [key: string]: Json | undefined }): {
  readonly [key: string]: Json;
} {
  const given: { [key: string]: Json } = {};
  for (const [name, value] of Object.entries(params)) if (value !== undefined) given[name] = value;
  return given;
}
