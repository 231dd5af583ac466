/** What a check is: one property of the grove that must hold, looked at after every step or at the end. */
import type { GroveEvent } from '../../../machines/grove-events.ts';
import type { GroveMessage, Version } from '../../protocol/types.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { VirtualLink } from '../world/virtual-link.ts';
import type { World } from '../world/world.ts';

export interface Violation {
  readonly check: string;
  readonly node: string;
  /** Milliseconds since the world began. */
  readonly at: number;
  readonly step: number;
  readonly detail: string;
}

export interface Finding {
  readonly node: SimulatedNode | null;
  readonly detail: string;
}

/** A check keeps what it remembers to itself: one instance looks at one world. Members that lie are not looked at. */
export interface Check {
  readonly name: string;
  begin?(world: World): void;
  /** Looks at the node whose step it was; null when all is well. Called very often. */
  afterStep?(world: World, node: SimulatedNode): string | null;
  /** A line leaves a node. */
  sent?(world: World, node: SimulatedNode, message: GroveMessage): void;
  /** A line reached one end of a link. */
  received?(world: World, link: VirtualLink, message: GroveMessage): void;
  /** A node reported an event. */
  heard?(world: World, node: SimulatedNode, event: GroveEvent): void;
  /** A node committed a payload. */
  stored?(world: World, node: SimulatedNode, version: Version): void;
  /** Looks at the whole world, when faults are over and time has passed. */
  atEnd?(world: World): readonly Finding[];
}
