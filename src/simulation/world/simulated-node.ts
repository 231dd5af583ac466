/**
 * A node of a simulated world: its key, its disk and its address stay, its process comes and goes. The process is the
 * very actor system of the daemon; only its ports are simulated.
 */
import {
  type AppAsk,
  createGroveSystem,
  type GrovePorts,
  type GroveSystem,
  type OperatorRequest,
  type SettledRequest,
} from '../../../actors/index.ts';
import type { GroveEvent } from '../../../machines/grove-events.ts';
import type { Signer } from '../../ports/index.ts';
import type { Change, Version } from '../../protocol/types.ts';
import { type NodeStore, openStore } from '../../store/index.ts';
import { NodeClock } from './node-clock.ts';
import { SeededRandom } from './seeded-random.ts';
import { type CrashPoint, diskOf } from './simulated-disk.ts';
import { SimulatedHooks, SimulatedSecrets } from './simulated-hooks.ts';
import type { Tamper, VirtualLink, VirtualTransport } from './virtual-transport.ts';
import type { World } from './world.ts';

const simulatedOperator = { kind: 'ctl', id: 'f0', display: 'simulation' } as const;

/** One run of a node's process. */
export interface Process {
  readonly system: GroveSystem;
  readonly clock: NodeClock;
  readonly transport: VirtualTransport;
  readonly hooks: SimulatedHooks;
}

/** What becomes of the lines of a node that lies, and what it says on each link now and then. */
export interface Lying {
  readonly spoil: Tamper;
  readonly unasked?: (link: VirtualLink) => readonly Uint8Array[];
}

const unaskedEveryMs = 2_000;

export class SimulatedNode {
  readonly number: number;
  readonly name: string;
  readonly signer: Signer;
  readonly address: string;
  store: NodeStore;
  process: Process | null = null;
  /** Times its process was started. */
  starts = 0;
  skewMs = 0;
  /** How long each commit takes. */
  commitMs = 0;
  diskIsFull = false;
  strictTimestampWindow = false;
  /** Where its process is to die: asked at each point it reaches. */
  diesAt: ((point: CrashPoint) => boolean) | null = null;
  /** Times its disk was put back to what it was earlier: its numbers may fall once each time. */
  restores = 0;
  /** The payload on its disk; null while it is in no grove. */
  onDisk: Version | null;
  /** An operator wanted it to leave, or never had it join. */
  mayBeOutside: boolean;
  /** Requests of operators that its process has not answered, by what was asked. */
  readonly unanswered = new Map<string, string>();
  /** Set for a member that does not keep to the protocol: the checks on honest nodes leave it out. */
  lies: string | null = null;
  /** An operator asked for an app once: the checks look at its apps. */
  hasApps = false;
  /** How commands of its apps go. */
  hookManner: SimulatedHooks['manner'] = () => ({});
  #lying: Lying | null = null;
  readonly #world: World;
  #requests = 0;

  constructor(world: World, number: number, own: { signer: Signer; address: string; store: NodeStore }) {
    this.#world = world;
    this.number = number;
    this.name = `n${number}`;
    this.signer = own.signer;
    this.address = own.address;
    this.store = own.store;
    this.onDisk = versionOn(own.store);
    this.mayBeOutside = this.onDisk === null;
  }

  get fingerprint(): string {
    return this.signer.fingerprint;
  }

  /** What the process knows; null while there is none. */
  get context() {
    return this.process?.system.supervisor.getSnapshot().context ?? null;
  }

  /** The payload in force, as the process says; null outside a grove or when it is down. */
  get version(): Version | null {
    return this.context?.standing?.version ?? null;
  }

  start(): void {
    if (this.process !== null) return;
    this.starts += 1;
    const world = this.#world;
    const clock = new NodeClock(world.time, this.number);
    clock.skewMs = this.skewMs;
    const { fingerprint, address, number } = this;
    const transport = world.network.attach({ node: number, fingerprint, address }, clock);
    const hooks = new SimulatedHooks(clock);
    hooks.manner = (run) => this.hookManner(run);
    if (this.#lying !== null) transport.tamper = this.#lying.spoil;
    const system = createGroveSystem({
      ports: world.mistakes.ports(this, this.#ports(clock, transport, hooks)),
      work: world.shared.work,
      log: { warn: (message) => world.noted(this, 'warn', message) },
      listensOnLoopback: false,
      strictTimestampWindow: this.strictTimestampWindow,
      ...(world.inspector === null ? {} : { inspect: world.inspector.of(this) }),
      ...(world.mistakes.supervisor === undefined ? {} : { supervisor: world.mistakes.supervisor }),
      failed: (detail) => world.failed(this, detail),
    });
    this.process = { system, clock, transport, hooks };
    system.supervisor.on('*', (event) => {
      // What a dead process still says nobody hears.
      if (event.type.startsWith('grove.') && !transport.isDead) world.happened(this, event as GroveEvent);
    });
    world.noted(this, 'started', `start ${this.starts}`);
  }

  /** The process dies where it stands. What it committed stays. */
  crash(): void {
    const { process } = this;
    if (process === null) return;
    this.process = null;
    this.diesAt = null;
    this.unanswered.clear();
    this.#world.network.detach(process.transport);
    process.clock.stop();
    process.system.supervisor.stop();
    this.#world.noted(this, 'crashed', '');
  }

  /** The process stops in an orderly way. */
  stop(done: () => void = () => {}): void {
    const { process } = this;
    if (process === null) {
      done();
      return;
    }
    process.system.shutDown(() => {
      // The end comes from within the process.
      this.#world.time.schedule(0, this.number, () => {
        if (this.process !== process) return;
        this.process = null;
        this.#world.network.detach(process.transport);
        process.clock.stop();
        this.#world.noted(this, 'stopped', '');
        done();
      });
    });
  }

  /** Its disk is what a copy of it was. Only while the process is down. */
  restore(image: Uint8Array | undefined): void {
    if (image === undefined || this.process !== null) return;
    this.store.close();
    this.store = openStore({ directory: ':memory:', payloadCells: this.#world.shared.cells, image });
    this.restores += 1;
    this.onDisk = versionOn(this.store);
    this.mayBeOutside = this.onDisk === null;
    this.#world.noted(this, 'restored', '');
  }

  /** From now on the node does not keep to the protocol, and the checks on honest nodes leave it out. */
  lie(how: string, lying: Lying): void {
    const isFirst = this.#lying === null;
    this.lies = how;
    this.#lying = lying;
    if (this.process !== null) this.process.transport.tamper = lying.spoil;
    this.#world.noted(this, 'lies', how);
    if (isFirst) this.#speakUnasked();
  }

  #speakUnasked(): void {
    const { unasked } = this.#lying ?? {};
    if (unasked !== undefined && this.process !== null) {
      for (const link of [...this.process.transport.links]) {
        for (const line of unasked(link)) link.transmit(line);
      }
    }
    this.#world.later(unaskedEveryMs, () => this.#speakUnasked(), this.number);
  }

  setClock(skewMs: number): void {
    this.skewMs = skewMs;
    if (this.process !== null) this.process.clock.skewMs = skewMs;
  }

  /** Asks as an operator would. */
  change(change: Change, answer: (verdict: SettledRequest) => void = () => {}, force = false): void {
    const requestId = this.#requestId();
    this.#ask(
      { type: 'publish', requestId, change, expectSeq: null, force, actor: simulatedOperator },
      answer,
    );
  }

  join(
    through: readonly SimulatedNode[],
    leader: SimulatedNode,
    answer: (verdict: SettledRequest) => void = () => {},
  ): void {
    this.#ask(
      {
        type: 'join',
        requestId: this.#requestId(),
        actor: simulatedOperator,
        targets: through.map(({ address, fingerprint }) => ({ address, fingerprint })),
        pin: {
          leaderFingerprint: leader.fingerprint,
          leaderKey: leader.signer.publicKey,
          groveId: this.#world.groveId,
          acceptRollback: false,
        },
      },
      answer,
    );
  }

  leave(answer: (verdict: SettledRequest) => void = () => {}): void {
    const requestId = this.#requestId();
    if (this.process !== null) this.mayBeOutside = true;
    this.#ask({ type: 'leave', requestId, force: false, actor: simulatedOperator }, answer);
  }

  #ask(request: OperatorRequest, answer: (verdict: SettledRequest) => void): void {
    if (this.process === null) return;
    const { requestId, type } = request;
    this.unanswered.set(requestId, type);
    this.process.system.ask(request, (verdict) => {
      this.unanswered.delete(requestId);
      this.#world.noted(this, 'answered', `${type} ${verdict.ok ? 'done' : verdict.reason.message}`);
      answer(verdict);
    });
  }

  /** Asks for something of an app of this node. */
  askApp(app: string, ask: AppAsk, answer: (verdict: SettledRequest) => void = () => {}): void {
    this.hasApps = true;
    const requestId = this.#requestId();
    this.process?.system.askApp({ requestId, app, ask, actor: simulatedOperator }, answer);
  }

  #requestId(): string {
    this.#requests += 1;
    return `${this.name}.${this.#requests}`;
  }

  #ports(clock: NodeClock, transport: VirtualTransport, hooks: SimulatedHooks): GrovePorts {
    const world = this.#world;
    const isDead = () => transport.isDead;
    const reach = (point: CrashPoint) => {
      if (isDead() || this.diesAt === null || !this.diesAt(point)) return;
      transport.isDead = true;
      // Whoever called goes on until it next touches the world, and finds that it is dead.
      world.time.schedule(0, this.number, () => this.crash());
    };
    const { signer } = this;
    transport.onSend = () => reach('sending');
    return {
      clock,
      transport,
      random: new SeededRandom(world.seed, `process ${this.name} ${this.starts}`),
      host: { networkState: () => '' },
      runner: hooks,
      actions: hooks,
      secrets: new SimulatedSecrets(),
      signer: {
        ...signer,
        sign: (message) => {
          const signature = signer.sign(message);
          reach('signing');
          return signature;
        },
        verify: (signature, message, key) => {
          const verdict = signer.verify(signature, message, key);
          reach('verifying');
          return verdict;
        },
      },
      store: diskOf(this.store, {
        isDead,
        isFull: () => this.diskIsFull,
        reach,
        committed: ({ version }) => {
          if (this.commitMs > 0) clock.occupy(this.commitMs);
          this.onDisk = version;
          this.mayBeOutside = false;
          world.stored(this, version);
        },
        left: () => {
          this.onDisk = null;
        },
      }),
    };
  }
}

function versionOn(store: NodeStore): Version | null {
  return store.membership()?.current ?? null;
}
