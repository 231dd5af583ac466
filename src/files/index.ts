/** The door of durable files. */
export { createFileDurably, isCode, replaceFileDurably, syncDirectory } from './durable-file.ts';
