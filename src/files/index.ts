/** The door of files and directories. */
export { makeDirectory } from './directory.ts';
export { createFileDurably, isCode, replaceFileDurably, syncDirectory } from './durable-file.ts';
