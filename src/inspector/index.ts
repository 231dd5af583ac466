/** The door of the inspector: its server, for the daemon. */
export { reportMachines } from './debug-report.ts';
export type { FeedHub } from './feed/feed-hub.ts';
export type { InspectedNode, NodeNumbers } from './inspected-node.ts';
export { InspectorError } from './inspector-error.ts';
export { measureControl } from './measured-control.ts';
export { PublishTimes } from './publish-times.ts';
export {
  type Inspector,
  type InspectorLog,
  type InspectorOptions,
  serveInspector,
  serveTrace,
  type TraceOptions,
} from './server.ts';
