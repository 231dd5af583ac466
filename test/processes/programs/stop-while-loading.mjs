/** Preloaded into a program: it gets the signal `STOP_WITH` while it loads its modules, as it comes to the one named `STOP_AT`. */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  const { STOP_AT, STOP_WITH } = process.env;
  if (specifier === STOP_AT) process.kill(process.pid, STOP_WITH);
  return next(specifier, context);
}
