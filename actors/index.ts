/** The door of the actors: a node's actor system, and what it must be given. */
export type { EventLog } from './event-log.ts';
export type { EventDelivery } from './event-reader.ts';
export type { GroveCounters, GroveLog, GrovePorts } from './parts.ts';
export {
  createGroveSystem,
  type GroveSystem,
  type GroveSystemOptions,
  type SettledRequest,
} from './system.ts';
