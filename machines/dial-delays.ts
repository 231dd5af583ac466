/**
 * The named delays of dialling and their defaults, in milliseconds. They run on the clock handed to the root actor.
 * `roundInterval`, `restBase` and `restMax` are means and bounds that chance varies: they enter the dial loop as
 * `timings` in its input; the others can be provided like every named delay.
 */
export const dialDelays = {
  /** Between two rounds, a fifth shorter or longer. */
  roundInterval: 30_000,
  /** Between two addresses of one peer, unless the earlier one fails sooner. */
  raceStagger: 250,
  /** An attempt that has no link by then has failed. */
  attemptTimeout: 15_000,
  /** A peer that completed the handshake has this long to accept the link by its first message. */
  acceptanceTimeout: 10_000,
  /** Longest rest after one failure; doubles with each further one. */
  restBase: 1_000,
  /** Longest rest after any number of failures. */
  restMax: 300_000,
  /** Between two rounds while we seem to be revoked. */
  suspectedInterval: 600_000,
  /** Changes of the address book are saved together, this long after the first. */
  saveBookDelay: 60_000,
  /** Changed addresses are told together, this long after the first change. */
  tellPeersDelay: 2_000,
};
