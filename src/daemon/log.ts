/** The node's log: JSON lines on stderr, readable text on a terminal. */
import { destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

// i[impl daemon.log]
export function createLog(level: LogLevel, { terminal }: { readonly terminal: boolean }): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!terminal) return pino(options, destination({ fd: 2, sync: true }));
  return pino(
    options,
    pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' }),
  );
}
