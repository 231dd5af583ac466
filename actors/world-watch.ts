/** Notices that the machine slept, that its clock was set, or that its network changed, by looking now and then. */
import type { Clock, Host } from '../src/ports/index.ts';

const lookEveryMs = 15_000;
/** More than timers on a busy machine are ever late by. */
const jumpMs = 5_000;

export function watchWorld(
  { clock, host }: { readonly clock: Clock; readonly host: Host },
  changed: (what: 'slept' | 'network' | 'clock') => void,
): () => void {
  let wall = clock.now();
  let monotonic = clock.monotonicMs();
  let network = host.networkState();
  let timer = clock.setTimeout(look, lookEveryMs);

  function look(): void {
    timer = clock.setTimeout(look, lookEveryMs);
    const wallPassed = clock.now() - wall;
    const monotonicPassed = clock.monotonicMs() - monotonic;
    wall += wallPassed;
    monotonic += monotonicPassed;
    // The monotonic clock stands still in sleep on some systems and runs on in others: then the timer is late.
    if (wallPassed - monotonicPassed > jumpMs || monotonicPassed > lookEveryMs + jumpMs) changed('slept');
    else if (monotonicPassed - wallPassed > jumpMs) changed('clock');
    const state = host.networkState();
    if (state !== network) changed('network');
    network = state;
  }

  return () => clock.clearTimeout(timer);
}
