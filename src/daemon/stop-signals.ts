/** The signals that stop the daemon. Imports nothing, so that it is there before everything else. */

export interface StopSignals {
  /** What a signal does from now on. */
  become(stop: () => void): void;
}

// i[impl daemon.stop]
/** Until there is something to stop, a signal ends the process at once: it holds nothing and wrote nothing. */
export function hearStops(): StopSignals {
  let stop = (): void => process.exit(0);
  // SIGHUP: the terminal it was started on is gone. There is nothing to read again, the keys' file is watched.
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => stop());
  return {
    become: (next) => {
      stop = next;
    },
  };
}
