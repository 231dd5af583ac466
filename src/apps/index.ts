/** The door of local apps: what runs their commands and does without a script what most of them need. */
export { createHookRunner, type HookRunnerOptions } from './hook-runner.ts';
