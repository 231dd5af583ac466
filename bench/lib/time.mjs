/**
 * Time as the benches use it. `process.hrtime` reads CLOCK_MONOTONIC, which all processes of one machine share,
 * so that a moment taken in one child may be compared with a moment taken in another.
 */

export const nowNs = () => process.hrtime.bigint();

export const milliseconds = (fromNs, toNs) => Number(toNs - fromNs) / 1e6;

export const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs));

/** Rejects with `what` when `promise` is still open after `limitMs`. */
export async function within(promise, limitMs, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `condition` every `everyMs` until it is true. For set-up only: no measured path waits like this. */
export async function until(condition, { everyMs = 50, limitMs, what }) {
  const endNs = nowNs() + BigInt(Math.round(limitMs * 1e6));
  while (!(await condition())) {
    if (nowNs() > endNs) throw new Error(`${what}: not so within ${limitMs} ms`);
    await sleep(everyMs);
  }
}
