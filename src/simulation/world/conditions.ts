/** What the network between simulated nodes is like: how long lines take, what gets lost, and who cannot reach whom. */
import { assert } from '../../protocol/index.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface NetworkConditions {
  /** Mean time from one node to another, milliseconds. Links differ, from half of it to half as much again. */
  readonly latencyMs: number;
  /** The share of a link's latency by which a single line may come later, at random. */
  readonly jitter: number;
  /** Probability that one datagram is lost. What is lost is sent again, and so only comes later. */
  readonly loss: number;
  /** Probability that one datagram comes twice. The second copy costs bytes; QUIC drops it. */
  readonly duplication: number;
  /** What one node can send, bytes a millisecond; null for as much as it likes. */
  readonly bytesPerMs: number | null;
}

export const calmConditions: NetworkConditions = {
  latencyMs: 40,
  jitter: 0.1,
  loss: 0,
  duplication: 0,
  bytesPerMs: null,
};

/** Bytes of lines that fit one datagram. */
export const datagramBytes = 1_200;
/** Sending again what was lost takes this many times the latency: there and back, and a little patience. */
const resendFactor = 2.5;
/** Rounds after which even the unluckiest line has come. */
const roundsMax = 64;

export function datagramsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / datagramBytes));
}

/** How long one line takes over a link whose latency is `latencyMs`, and how many datagrams that took. */
export function travel(
  conditions: NetworkConditions,
  line: { readonly bytes: number; readonly latencyMs: number },
  random: SeededRandom,
): { readonly delayMs: number; readonly datagrams: number } {
  const { jitter, loss, duplication } = conditions;
  const datagrams = datagramsOf(line.bytes);
  const late = jitter === 0 ? 0 : line.latencyMs * jitter * random.fraction();
  const rounds = loss === 0 ? 1 : roundsNeeded(datagrams, loss, random.fraction());
  const twice = duplication === 0 ? 0 : Math.round(datagrams * duplication);
  const delayMs = line.latencyMs + late + (rounds - 1) * resendFactor * line.latencyMs;
  // Each round sends again what the one before lost.
  const sent = loss === 0 ? datagrams : Math.round(datagrams / (1 - loss));
  return { delayMs: Math.round(delayMs * 1_000) / 1_000, datagrams: sent + twice };
}

/**
 * In which round the last of `datagrams` has come, when each is lost with probability `loss` each time. All have come
 * within r rounds with probability (1 - loss^r)^datagrams; `chance` picks a round from that distribution.
 */
export function roundsNeeded(datagrams: number, loss: number, chance: number): number {
  assert(loss >= 0 && loss < 1, 'something must come through');
  let missing = 1;
  for (let round = 1; round < roundsMax; round += 1) {
    missing *= loss;
    if (power(1 - missing, datagrams) > chance) return round;
  }
  return roundsMax;
}

/** By repeated squaring, since the platform's own powers may differ in the last digit between releases. */
function power(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/** Whether what one node sends can reach another, by their numbers. */
export type Cut = (from: number, to: number) => boolean;

/** Nobody in one part reaches anybody in another. */
export function partition(partOf: (node: number) => number): Cut {
  return (from, to) => partOf(from) !== partOf(to);
}

/** What `from` sends does not reach `to`; the other way round it does. */
export function oneWay(from: ReadonlySet<number>, to: ReadonlySet<number>): Cut {
  return (sender, receiver) => from.has(sender) && to.has(receiver);
}
