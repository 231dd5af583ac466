/** How the daemon's heap is kept small: it lives for years on small machines and works in short bursts. */
import { setFlagsFromString } from 'node:v8';

/**
 * New objects get two mebibytes and no more. Left alone, V8 lets that part of the heap grow with every burst, to 32 MiB, and
 * never gives it back; the time that saves is too short to measure.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
