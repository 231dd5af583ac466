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
import type { Due } from './due-heap.ts';
import { NodeClock } from './node-clock.ts';
import { Programs } from './programs.ts';
import { SeededRandom } from './seeded-random.ts';
import { type CrashPoint, diskOf } from './simulated-disk.ts';
import { SimulatedHooks, SimulatedSecrets } from './simulated-hooks.ts';
import type { VirtualLink } from './virtual-link.ts';
import type { Tamper, VirtualTransport } from './virtual-transport.ts';
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
/** A fast disk. */
const flushMs = 1;

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
  /** How commands of its apps go: those of one app, and of all others. */
  readonly manners = new Map<string, SimulatedHooks['manner']>();
  hookManner: SimulatedHooks['manner'] = () => ({});
  /** What runs for its apps. */
  readonly programs: Programs;
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
    this.programs = this.#machine();
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
    const hooks = this.#hooks(clock, transport);
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
        this.programs.stopAll();
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
    // The machine was off meanwhile.
    this.programs.stopAll();
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
    this.process.system.ask(request, this.#answered(request.requestId, request.type, answer));
  }

  /** Asks for something of an app of this node. */
  askApp(app: string, ask: AppAsk, answer: (verdict: SettledRequest) => void = () => {}): void {
    if (this.process === null) return;
    this.hasApps = true;
    const requestId = this.#requestId();
    const asked = { requestId, app, ask, actor: simulatedOperator };
    const answered = this.#answered(requestId, `${ask.what} ${app}`, (verdict) => {
      // A new app goes by nothing yet.
      if (ask.what === 'create' && verdict.ok) this.programs.told.delete(app);
      answer(verdict);
    });
    this.process.system.askApp(asked, answered);
  }

  #answered(requestId: string, what: string, answer: (verdict: SettledRequest) => void) {
    this.unanswered.set(requestId, what);
    return (verdict: SettledRequest) => {
      this.unanswered.delete(requestId);
      this.#world.noted(this, 'answered', `${what} ${verdict.ok ? 'done' : verdict.reason.message}`);
      answer(verdict);
    };
  }

  #requestId(): string {
    this.#requests += 1;
    return `${this.name}.${this.#requests}`;
  }

  /** What runs on the machine, in the world's time: the process may be gone. */
  #machine(): Programs {
    const world = this.#world;
    const timers = {
      setTimeout: (callback: () => void, delayMs: number) =>
        world.time.schedule(delayMs, this.number, callback),
      clearTimeout: (due: unknown) => world.time.cancel(due as Due),
    };
    return new Programs(timers, {
      began: ({ id, app, params }) => world.noted(this, 'runs', `${app} ${id} ${JSON.stringify(params)}`),
      ended: ({ id, app }, how) => world.noted(this, 'ran', `${app} ${id} ${how}`),
    });
  }

  #hooks(clock: NodeClock, transport: VirtualTransport): SimulatedHooks {
    const hooks = new SimulatedHooks(clock, {
      programs: this.programs,
      isDead: () => transport.isDead,
      started: () => this.#reach(transport, 'running'),
      deliver: (action) => clock.whenFree(action),
    });
    hooks.manner = (run) => (this.manners.get(run.environment.APP ?? '') ?? this.hookManner)(run);
    return hooks;
  }

  /** The process comes to a point at which it may be made to die. */
  #reach(transport: VirtualTransport, point: CrashPoint): void {
    if (transport.isDead || this.diesAt === null || !this.diesAt(point)) return;
    transport.isDead = true;
    // Whoever called goes on until it next touches the world, and finds that it is dead.
    this.#world.time.schedule(0, this.number, () => this.crash());
  }

  #ports(clock: NodeClock, transport: VirtualTransport, hooks: SimulatedHooks): GrovePorts {
    const world = this.#world;
    const isDead = () => transport.isDead;
    const reach = (point: CrashPoint) => this.#reach(transport, point);
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
        flushed: (action) => clock.later(flushMs + this.commitMs, action),
        committed: ({ role, version }) => {
          // A leader waits for its disk; a follower goes on meanwhile.
          if (this.commitMs > 0 && role === 'leader') clock.occupy(this.commitMs);
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
