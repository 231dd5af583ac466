/** The door of the command line, for programs that run it in their own process. */
export type { CtlIo } from './context.ts';
export { type ExitCode, exitCodes } from './exit.ts';
export { runCtl } from './program.ts';
