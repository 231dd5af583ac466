/** What the transport reports to the node's log. The shape fits pino. */

export interface TransportLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: TransportLog = { debug: () => {}, warn: () => {}, error: () => {} };
