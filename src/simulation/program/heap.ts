/** How V8 keeps the heap of a simulated grove. */
import { setFlagsFromString } from 'node:v8';

/** Young objects live shortly, and there are many: more room for them means far fewer collections. */
export const youngMb = 192;

/**
 * New objects begin among the young, wherever they are made. Left alone, V8 finds while a grove settles that what many
 * places in the code make outlives a collection, and puts what they make from then on among the old at once: needed for
 * one step, it stays there until everything is collected.
 */
export const youngFlag = '--no-allocation-site-pretenuring';

/** For threads that are started from now on. */
export function keepObjectsYoung(): void {
  setFlagsFromString(youngFlag);
}
