/** A node's operator interface over real QUIC on loopback, around a `MemoryControl`, in a directory of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthorisedKeys,
  type ClosableOperatorClient,
  connectOperator,
  ensureLocalOperatorKey,
  type KeyLine,
  type OperatorKeyStore,
  type OperatorLimits,
  type OperatorServer,
  openAuthorisedKeys,
  readLocalOperatorKey,
  serveOperators,
  type Timers,
} from '../../src/operator/index.ts';
import { createEndpoint, createNodeSigner, type Identity, loadIdentity } from '../../src/transport/index.ts';
import type { Connection, Endpoint } from '../../src/transport/types.ts';
import { MemoryControl } from './memory-control.ts';

export interface OperatorNode {
  readonly directory: string;
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly address: string;
  readonly control: MemoryControl;
  readonly keys: AuthorisedKeys;
  readonly store: MemoryKeyStore;
  readonly server: OperatorServer;
  readonly reports: string[];
  readonly faults: { readonly method: string; readonly error: unknown }[];
  /** Connects with the node's own local key, or another. */
  connect(identity?: Identity): Promise<ClosableOperatorClient>;
  stop(): Promise<void>;
}

/** Stands for the table of the database. */
export class MemoryKeyStore implements OperatorKeyStore {
  readonly #keys = new Map<string, KeyLine>();

  list(): readonly KeyLine[] {
    return [...this.#keys.values()];
  }

  authorise(key: KeyLine): void {
    this.#keys.set(key.fingerprint, key);
  }

  revoke(fingerprint: string): boolean {
    return this.#keys.delete(fingerprint);
  }
}

export interface NodeOptions {
  readonly limits?: Partial<OperatorLimits>;
  readonly timers?: Timers;
  readonly authorizedKeys?: string;
}

export async function startNode(options: NodeOptions = {}): Promise<OperatorNode> {
  const directory = mkdtempSync(join(tmpdir(), 'operator-'));
  if (options.authorizedKeys !== undefined)
    writeFileSync(join(directory, 'authorized_keys'), options.authorizedKeys);
  const identity = loadIdentity(directory);
  const endpoint = await createEndpoint({ identity, listen: ['127.0.0.1:0'] });
  const address = endpoint.listening[0] ?? '';
  writeFileSync(join(directory, 'oi.address'), `${address}\n`);
  const reports: string[] = [];
  const faults: { method: string; error: unknown }[] = [];
  const store = new MemoryKeyStore();
  const keys = openAuthorisedKeys({
    dataDirectory: directory,
    store,
    localFingerprint: ensureLocalOperatorKey(directory),
    report: (problem) => reports.push(problem),
    settleMs: 5,
  });
  const control = new MemoryControl(createNodeSigner(identity));
  const server = serveOperators({
    debug: async (seconds) => ({ seconds }),
    endpoint,
    control,
    keys,
    version: '0.1.0',
    hostname: 'clinic-1',
    uptimeSeconds: () => 90_061,
    dialableAddresses: () => endpoint.listening,
    reportFault: (method, error) => faults.push({ method, error }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.timers === undefined ? {} : { timers: options.timers }),
  });
  const clients: ClosableOperatorClient[] = [];
  return {
    directory,
    endpoint,
    identity,
    address,
    control,
    keys,
    store,
    server,
    reports,
    faults,
    connect: async (as = readLocalOperatorKey(directory)) => {
      const client = await connectOperator({ address, fingerprint: identity.fingerprint, identity: as });
      clients.push(client);
      return client;
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.dispose()));
      server.close();
      keys.close();
      await endpoint.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Sends bytes as they are on a stream of their own and resolves with what came back. `end` false leaves the request half-sent. */
export function sendRaw(connection: Connection, bytes: Uint8Array, end = true): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stream = connection.openStream('bidirectional');
    if (stream === null) return reject(new Error('no stream'));
    const chunks: Uint8Array[] = [];
    let offset = 0;
    const push = (): void => {
      while (offset < bytes.length) {
        const chunk = bytes.subarray(offset, offset + 16_384);
        if (!stream.write(chunk)) return;
        offset += chunk.length;
      }
      if (end) stream.end();
    };
    stream.open({
      data: (data) => void chunks.push(data),
      end: () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))),
      drain: push,
      aborted: (reason) => reject(new Error(reason)),
    });
    push();
  });
}

/** A connection without a client around it. */
export async function rawConnection(
  node: OperatorNode,
  identity: Identity,
): Promise<{ connection: Connection; close(): Promise<void> }> {
  const endpoint = await createEndpoint({ identity, listen: ['127.0.0.1:0'] });
  const connection = await new Promise<Connection>((resolve, reject) => {
    endpoint.dial(
      { alpn: 'bes.seedling/1', address: node.address, fingerprint: node.identity.fingerprint },
      { connected: resolve, failed: (failure) => reject(new Error(failure.detail)) },
    );
  });
  return { connection, close: () => endpoint.close() };
}

/** Timers that fire when told to. */
export class ManualTimers implements Timers {
  readonly #pending = new Map<number, { callback: () => void; delayMs: number }>();
  #next = 1;

  setTimeout(callback: () => void, delayMs: number): number {
    const id = this.#next++;
    this.#pending.set(id, { callback, delayMs });
    return id;
  }

  clearTimeout(handle: unknown): void {
    this.#pending.delete(handle as number);
  }

  /** Fires every timer set for exactly this delay. */
  fire(delayMs: number): number {
    const due = [...this.#pending].filter(([, timer]) => timer.delayMs === delayMs);
    for (const [id, timer] of due) {
      this.#pending.delete(id);
      timer.callback();
    }
    return due.length;
  }
}
