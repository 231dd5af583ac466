/**
 * The inspector as a node or a simulation starts it: a socket that listens, the token, and the flight recorder. What answers is
 * loaded when the first connection comes, so a page nobody opens costs a node next to nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { replaceFileDurably } from '../files/index.ts';
import { inspectorUrlFileName, packageVersion } from '../operator/index.ts';
import type { Clock } from '../ports/index.ts';
import { type Door, type DoorOptions, openDoor } from './door.ts';
import { FeedHub } from './feed/feed-hub.ts';
import type { InspectedNode } from './inspected-node.ts';
import { createMetrics } from './metrics.ts';
import type { PublishTimes } from './publish-times.ts';
import { createSessions } from './sessions.ts';
import type { Subject } from './subject.ts';
import { loadToken } from './token.ts';

export interface InspectorOptions extends DoorOptions {
  readonly readOnly: boolean;
  readonly dataDirectory: string;
  readonly node: InspectedNode;
  readonly clock: Clock;
  /** How long publishes took; whoever measures them notes them here. */
  readonly publishTimes: PublishTimes;
}

export interface InspectorLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Inspector {
  /** Where the page is, without the token. */
  readonly url: string;
  /** The same with the token. */
  readonly signInUrl: string;
  readonly hub: FeedHub;
  /** Ends every feed and connection. Idempotent. */
  close(): Promise<void>;
}

// w[impl page.serve]
/** Throws `InspectorError` with a message that says what the operator can do. */
export async function serveInspector(options: InspectorOptions): Promise<Inspector> {
  const { node, clock, dataDirectory } = options;
  const { fingerprint, supervisor, control, version } = node;
  const token = loadToken(dataDirectory);
  const failed = (error: unknown): void => options.log.error({ err: error }, 'the feed of the inspector');
  const hub = new FeedHub({ supervisor, control, fingerprint, clock, failed });
  const metrics = createMetrics({ node, clock, feeds: hub, publishTimes: options.publishTimes });
  const stopWatching = (): void => {
    metrics.close();
    hub.close();
  };
  const identity = { mode: 'node' as const, version, hostname: node.hostname, fingerprint };
  const answer: InspectedNode['answer'] = (bytes, actor) => node.answer(bytes, actor);
  let door: Door;
  try {
    door = await serve(options, token, { identity, answer, hub, metrics, traceFile: null });
  } catch (error) {
    stopWatching();
    throw error;
  }
  const signInUrl = `${door.url}?token=${token}`;
  const urlFile = join(dataDirectory, inspectorUrlFileName);
  writeUrlFile(urlFile, `${signInUrl}\n`, options.log);

  let closed: Promise<void> | null = null;
  async function close(): Promise<void> {
    rmSync(urlFile, { force: true });
    await door.close();
    stopWatching();
  }
  return {
    url: door.url,
    signInUrl,
    hub,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

export interface TraceOptions extends DoorOptions {
  /** JSON lines, as the simulation writes them. */
  readonly traceFile: string;
  readonly clock: Clock;
}

// w[impl page.trace]
/** The same page over a simulation's trace, with a token of this call. Throws `InspectorError`. */
export async function serveTrace(
  options: TraceOptions,
): Promise<{ readonly signInUrl: string; close(): Promise<void> }> {
  const { traceFile } = options;
  const version = packageVersion();
  const token = randomBytes(32).toString('base64url');
  const identity = { mode: 'trace' as const, version, hostname: hostname(), fingerprint: '' };
  const subject = { identity, answer: null, hub: null, metrics: null, traceFile };
  const { url, close } = await serve({ ...options, readOnly: true }, token, subject);
  return { signInUrl: `${url}?token=${token}`, close };
}

function serve(
  options: DoorOptions & { readonly clock: Clock; readonly readOnly: boolean },
  token: string,
  subject: Subject,
): Promise<Door> {
  const { clock } = options;
  const { fingerprint } = subject.identity;
  // Where no node runs, the token stands for one, so that the cookie is nobody else's either.
  const owner = fingerprint === '' ? createHash('sha256').update(token).digest('hex') : fingerprint;
  const sessions = createSessions(token, owner, () => clock.now());
  return openDoor(options, async (certificate) => {
    const { answer } = await import('./http-server.ts');
    return answer({ ...options, subject, sessions, certificate });
  });
}

function writeUrlFile(path: string, text: string, log: InspectorLog): void {
  try {
    replaceFileDurably(path, Buffer.from(text), 0o600);
  } catch (error) {
    log.warn(
      { err: error, path },
      'cannot write the address of the page: seedling-ctl inspect will not find it',
    );
  }
}
