/**
 * The named delays of the gossip machines and their defaults, in milliseconds. They run on the clock handed to the
 * root actor; whoever creates the system may provide others.
 */

export const peerDelays = {
  /** A link whose first hello has not come by then is closed. */
  helloTimeout: 5_000,
  /** A link asked to close is given up on after this. */
  closeTimeout: 3_000,
  /** The surplus one of two links to the same peer lives this long, so that what is under way arrives. */
  retireGrace: 1_000,
};

export const newsDelays = {
  /** Links that are not pushed to are told this long after a payload is stored: by then many of them have it. */
  announceDelay: 10,
  /** An announced payload that has not come by itself after this is asked for. */
  pullDelay: 15,
  /** A link asked for a payload has this long before the next announcer is asked. */
  pullTimeout: 2_000,
};

export const applierDelays = {
  /** Payloads parked for their time are looked at again this often. */
  parkedRetry: 60_000,
  /** When the clock moved while a payload was being stored, parked ones are looked at this much later. */
  parkedSoon: 1_000,
  /** After a failed write the same payload is tried again this often. */
  storeRetry: 10_000,
};

export const publisherDelays = {
  /** After a start the leader waits this long at most for members to report what they hold. */
  holdTimeout: 30_000,
};

export const supervisorDelays = {
  /** A join that has not succeeded by then is given up. */
  joinTimeout: 30_000,
  /** A node that greeted and sent no payload by then is given up on; the other addresses of the invite come next. */
  joinAnswerTimeout: 7_000,
  /** A member that had not heard of the invitation is asked again after this. */
  joinRetryDelay: 500,
  /** One child failure is forgiven after this long. */
  restartForgiven: 60_000,
  /** A stop waits this long for links to close. */
  shutdownTimeout: 2_000,
};

export const appDelays = {
  /** How an operation ended is tried to be stored again after this. */
  storeRetry: 10_000,
  /** A machine of an app that failed is started again after this. */
  appRestart: 5_000,
  /** The first wait after a failed operation; each further one is twice as long. */
  operationRetry: 1_000,
  operationRetryMax: 5 * 60_000,
};

/** How long after `attempts` (1 or more) an operation is tried again. */
export function retryDelay(attempts: number): number {
  const { operationRetry, operationRetryMax } = appDelays;
  return Math.min(operationRetryMax, operationRetry * 2 ** Math.min(Math.max(attempts, 1) - 1, 30));
}
