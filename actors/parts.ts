/** What the actors of one node share: its ports, and what they keep at hand. Handed to every actor that is provided. */
import type {
  AppActions,
  Clock,
  GroveStore,
  HookRunner,
  Host,
  LinkTransport,
  Random,
  SecretBox,
  Signer,
} from '../src/ports/index.ts';
import type { Payload } from '../src/protocol/types.ts';
import type { AppAsks } from './app-asks.ts';
import type { LinkTable } from './link-table.ts';
import type { OperationOutcomes } from './operation-actor.ts';
import type { PayloadShelf } from './payload-shelf.ts';
import type { PayloadWork } from './payload-work.ts';

/** Everything outside the actor system. The daemon and the simulation bring their own. */
export interface GrovePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: LinkTransport;
  readonly store: GroveStore;
  readonly signer: Signer;
  readonly host: Host;
  /** For the apps of this node. */
  readonly runner: HookRunner;
  readonly actions: AppActions;
  readonly secrets: SecretBox;
}

/** Things that happen too often for an event each. */
export interface GroveCounters {
  malformedLines: number;
  unknownMessages: number;
}

/** What goes wrong quietly and a log should know. */
export interface GroveLog {
  warn(message: string, details: { readonly [key: string]: unknown }): void;
}

export interface GroveParts {
  readonly ports: GrovePorts;
  readonly work: PayloadWork;
  readonly links: LinkTable;
  readonly shelf: PayloadShelf;
  /** Drafts under way by request id; one at a time. */
  readonly drafts: Map<string, Payload>;
  /** What operators ask of apps, and how operations ended, while it is on its way. */
  readonly asks: AppAsks;
  readonly outcomes: OperationOutcomes;
  readonly counters: GroveCounters;
  readonly log: GroveLog;
}
