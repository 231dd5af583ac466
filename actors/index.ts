/** The door of the actors: a node's actor system, and what it must be given. */
export type { AppAsk } from './app-asks.ts';
export type { EventLog } from './event-log.ts';
export type { EventDelivery } from './event-reader.ts';
export type { GroveCounters, GroveLog, GrovePorts } from './parts.ts';
export type { PayloadWork } from './payload-work.ts';
export { plainWork } from './payload-work.ts';
export type { SettledRequest } from './request-desk.ts';
export {
  type AppAsked,
  createGroveSystem,
  type GroveSystem,
  type GroveSystemOptions,
  type OperatorRequest,
} from './system.ts';
