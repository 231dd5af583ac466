/** Which methods of the operator interface change nothing: the only ones that are answered read-only. */
import { methodNames } from '../operator/index.ts';

// w[impl page.read-only]
/** A method that is not listed counts as one that changes something. */
const readingMethods: ReadonlySet<string> = new Set([
  '/server/ping',
  '/server/status',
  '/server/debug',
  '/server/audit',
  '/keys/list',
  '/grove/status',
  '/grove/members',
  '/grove/params',
  '/grove/peers',
  '/grove/history',
  '/grove/payload',
  '/grove/mappings',
  '/apps/list',
  '/apps/show',
]);

/** Events come over the feed. */
const notHere: ReadonlySet<string> = new Set(['/events/subscribe']);

export function methodsHere(readOnly: boolean): readonly string[] {
  return methodNames.filter((name) => !notHere.has(name) && (!readOnly || readingMethods.has(name)));
}
