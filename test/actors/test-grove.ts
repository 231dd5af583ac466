/** Whole nodes, everything real but the network and the clock: `createGroveSystem` on SQLite, stepped by hand. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { fdatasyncSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppAsk, createGroveSystem, type GroveSystem, type SettledRequest } from '../../actors/index.ts';
import { findProblems } from '../../src/daemon/problems.ts';
import type {
  Clock,
  GroveStore,
  LinkTransport,
  PayloadCommit,
  Random,
  Signer,
  StoredEvent,
} from '../../src/ports/index.ts';
import { fingerprintOfKey } from '../../src/protocol/index.ts';
import type { Change, Json, RequestActor } from '../../src/protocol/types.ts';
import { SimulatedHooks, SimulatedSecrets } from '../../src/simulation/world/simulated-hooks.ts';
import { type FlushFile, type NodeStore, openStore } from '../../src/store/index.ts';
import { createNodeSigner } from '../../src/transport/index.ts';
import { ManualClock } from '../machines/manual-clock.ts';
import { MemoryNetwork, type MemoryTransport } from '../support/memory-network.ts';

export const operator: RequestActor = { kind: 'ctl', id: 'f0', display: 'ada' };
const started = Date.UTC(2026, 4, 7, 12, 0, 0);
/** A request that takes longer in the clock's time is lost. */
const requestMsMax = 60_000;

/** The manual clock as a node sees it; its wall clock can be set. */
class NodeClock implements Clock {
  readonly #manual: ManualClock;
  wallOffsetMs = started;

  constructor(manual: ManualClock) {
    this.#manual = manual;
  }

  setTimeout(callback: (...args: unknown[]) => void, delayMs: number): unknown {
    return this.#manual.setTimeout(callback, delayMs);
  }

  clearTimeout(handle: unknown): void {
    this.#manual.clearTimeout(handle);
  }

  now(): number {
    return this.wallOffsetMs + this.#manual.now();
  }

  monotonicMs(): number {
    return this.#manual.now();
  }
}

export interface NodeOptions {
  /** A directory to keep; default: in memory. */
  readonly directory?: string;
  readonly databaseBytesMax?: number;
  /** Default: within the call, since nothing here may depend on other threads. */
  readonly flushFile?: FlushFile;
  readonly announceFirstBytes?: number;
  /** Changes the store as the node sees it. */
  readonly wrapStore?: (store: GroveStore) => GroveStore;
  readonly wrapSigner?: (signer: Signer) => Signer;
  readonly wrapTransport?: (transport: LinkTransport) => LinkTransport;
  /** Before anything runs. */
  readonly prepare?: (hooks: SimulatedHooks) => void;
}

const flushAtOnce: FlushFile = (descriptor, done) => {
  fdatasyncSync(descriptor);
  done(null);
};

/** A store whose commits are looked at first; what that throws is what the commit throws. */
export function lookAtCommits(store: GroveStore, look: (commit: PayloadCommit) => void): GroveStore {
  return {
    ...store,
    commitPayload: (commit) => {
      look(commit);
      store.commitPayload(commit);
    },
    commitPayloadSoon: (commit, settled) => {
      look(commit);
      store.commitPayloadSoon(commit, settled);
    },
  };
}

export class TestGrove {
  readonly manual = new ManualClock();
  readonly network = new MemoryNetwork(this.manual);
  /** Random numbers drawn by all nodes. */
  draws = 0;
  readonly #nodes = new Set<TestNode>();
  readonly #directories: string[] = [];

  /** A node that starts now. The same number is the same key and address, whatever it holds. */
  node(number: number, options: NodeOptions = {}): TestNode {
    const node = new TestNode(this, number, options);
    this.#nodes.add(node);
    return node;
  }

  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'grove-actors-'));
    this.#directories.push(directory);
    return directory;
  }

  advance(ms: number): void {
    this.manual.advance(ms);
  }

  /** Nodes 1 … count in one grove, led by the first. */
  async formed(count: number, options: (number: number) => NodeOptions = () => ({})): Promise<TestNode[]> {
    const nodes = Array.from({ length: count }, (_, index) => this.node(index + 1, options(index + 1)));
    const [leader, ...others] = nodes as [TestNode, ...TestNode[]];
    await leader.found();
    for (const node of others) await leader.change({ kind: 'invite', member: node.member });
    for (const node of others) await node.join(leader);
    this.advance(5_000);
    return nodes;
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true });
  }
}

export class TestNode {
  readonly grove: TestGrove;
  readonly number: number;
  readonly clock: NodeClock;
  readonly signer: Signer;
  readonly store: NodeStore;
  readonly transport: MemoryTransport;
  readonly hooks: SimulatedHooks;
  readonly secrets = new SimulatedSecrets();
  readonly system: GroveSystem;
  /** Every event since the start. */
  readonly events: StoredEvent[] = [];
  readonly warnings: string[] = [];
  readonly failures: string[] = [];
  /** Requests that were settled, by id, as often as they were. */
  readonly settled: string[] = [];
  #requests = 0;
  #over = false;

  constructor(grove: TestGrove, number: number, options: NodeOptions) {
    this.grove = grove;
    this.number = number;
    this.clock = new NodeClock(grove.manual);
    const signer = signerOf(number);
    this.signer = options.wrapSigner?.(signer) ?? signer;
    const { databaseBytesMax, flushFile = flushAtOnce } = options;
    this.store = openStore({
      directory: options.directory ?? ':memory:',
      flushFile,
      ...(databaseBytesMax === undefined ? {} : { databaseBytesMax }),
    });
    this.transport = grove.network.attach(signer.fingerprint, addressOf(number));
    this.hooks = new SimulatedHooks(grove.manual);
    options.prepare?.(this.hooks);
    this.system = createGroveSystem({
      ports: {
        clock: this.clock,
        random: randomOf(grove, number),
        transport: options.wrapTransport?.(this.transport) ?? this.transport,
        store: options.wrapStore?.(this.store) ?? this.store,
        signer: this.signer,
        host: { networkState: () => '' },
        runner: this.hooks,
        actions: this.hooks,
        secrets: this.secrets,
      },
      log: { warn: (message) => this.warnings.push(message) },
      listensOnLoopback: false,
      ...(options.announceFirstBytes === undefined ? {} : { announceFirstBytes: options.announceFirstBytes }),
      failed: (detail) => this.failures.push(detail),
    });
    this.system.supervisor.on('request.settled', ({ requestId }) => this.settled.push(requestId));
    this.system.events.subscribe(null, (delivery) => {
      if (delivery.kind === 'event') this.events.push(delivery.event);
      return true;
    });
  }

  get fingerprint(): string {
    return this.signer.fingerprint;
  }

  get member() {
    return { fp: this.fingerprint, label: `node-${this.number}` };
  }

  get seq(): number {
    return this.context.standing?.version.seq ?? 0;
  }

  get hash(): string {
    return this.context.standing?.version.hash ?? '';
  }

  get context() {
    return this.system.supervisor.getSnapshot().context;
  }

  /** The supervisor's state. */
  get state() {
    return this.system.supervisor.getSnapshot().value;
  }

  /** The value of a param as it is stored. */
  param(name: string): string | null {
    return this.store.params().find((param) => param.name === name)?.value ?? null;
  }

  /** Data of the events of one type, oldest first. */
  told(type: string): readonly { readonly [key: string]: Json }[] {
    return this.events.filter((event) => event.type === type).map(({ data }) => data);
  }

  found(): Promise<SettledRequest> {
    return this.#ask((requestId) =>
      this.system.request({ type: 'found', requestId, label: `node-${this.number}`, actor: operator }),
    );
  }

  change(change: Change, more: { expectSeq?: number; force?: boolean } = {}): Promise<SettledRequest> {
    return this.#ask((requestId) =>
      this.system.request({
        type: 'publish',
        requestId,
        change,
        expectSeq: more.expectSeq ?? null,
        force: more.force ?? false,
        actor: operator,
      }),
    );
  }

  set(name: string, value: string, more: { expectSeq?: number; force?: boolean } = {}) {
    return this.change({ kind: 'params', set: [{ name, kind: 'text', value }], unset: [] }, more);
  }

  join(
    through: TestNode | readonly TestNode[],
    more: { leader?: string; groveId?: string; acceptRollback?: boolean; as?: string } = {},
  ): Promise<SettledRequest> {
    const inviters = through instanceof TestNode ? [through] : through;
    const leader = inviters[0]?.context.standing?.leaderFingerprint ?? inviters[0]?.fingerprint ?? '';
    return this.#ask((requestId) =>
      this.system.request({
        type: 'join',
        requestId,
        actor: operator,
        targets: inviters.map(({ transport, fingerprint }) => {
          return { address: transport.address, fingerprint: more.as ?? fingerprint };
        }),
        pin: {
          leaderFingerprint: more.leader ?? leader,
          leaderKey: null,
          groveId: more.groveId ?? null,
          acceptRollback: more.acceptRollback ?? false,
        },
      }),
    );
  }

  leave(force = false): Promise<SettledRequest> {
    return this.#ask((requestId) =>
      this.system.request({ type: 'leave', requestId, actor: operator, force }),
    );
  }

  acceptJump(seq: number): Promise<SettledRequest> {
    return this.#ask((requestId) =>
      this.system.request({ type: 'jump.accept', requestId, seq, actor: operator }),
    );
  }

  /** What an operator asks of an app. */
  askApp(app: string, ask: AppAsk): Promise<SettledRequest> {
    return this.#ask((requestId) => this.system.requestApp({ requestId, app, ask, actor: operator }));
  }

  /** Closes links and store; the node can be started again from its directory. */
  async stop(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await until(this.grove, this.system.stop());
    this.grove.network.detach(this.transport);
    this.store.close();
  }

  /** As if the machine lost power: no goodbye on any link. */
  async crash(): Promise<void> {
    this.grove.network.detach(this.transport);
    this.grove.advance(10);
    await this.stop();
  }

  #ask(request: (requestId: string) => Promise<SettledRequest>): Promise<SettledRequest> {
    this.#requests += 1;
    return until(this.grove, request(`request-${this.number}-${this.#requests}`));
  }
}

/** Lets time pass until a promise is settled. */
export async function until<Result>(grove: TestGrove, promise: Promise<Result>): Promise<Result> {
  let over = false;
  const done = () => {
    over = true;
  };
  promise.then(done, done);
  for (let ms = 0; ms <= requestMsMax; ms += 50) {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    if (over) return promise;
    grove.advance(50);
  }
  throw new Error(`not settled after ${requestMsMax} ms`);
}

/** What the node says is wrong with it. */
export function problemsOf({ system, store, clock, fingerprint: ownFingerprint }: TestNode) {
  return findProblems({ system, store, clock, ownFingerprint, loopbackOnly: false });
}

export function addressOf(number: number): string {
  return `10.0.0.${number}:7891`;
}

/** The key of a node: always the same for the same number. */
export function signerOf(number: number): Signer {
  const seed = createHash('sha256').update(`node ${number}`).digest();
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url').toString('hex');
  return createNodeSigner({
    publicKey,
    fingerprint: fingerprintOfKey(publicKey),
    privateKey,
    certificate: '',
  });
}

/** Random enough for boot numbers and ids, the same in every run, and others at a second start of one node. */
function randomOf(grove: TestGrove, number: number): Random {
  const bytes = (length: number): Uint8Array => {
    grove.draws += 1;
    return createHash('sha512').update(`${number} ${grove.draws}`).digest().subarray(0, length);
  };
  return {
    bytes,
    uint32: () => Buffer.from(bytes(4)).readUInt32BE(),
    uuid: () => {
      const hex = Buffer.from(bytes(16)).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
