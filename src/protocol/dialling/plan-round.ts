/** Whom to dial next, and which links to give up: decided from the book and the links, with a generator for the dice. */
import { type Drawn, nextBelow, type RandomState, shuffle } from '../random.ts';
import type { Book, BookRow } from './book.ts';
import { dialsMax, linksMax, linksMin, meshMembersMax, surplusShare } from './dial-limits.ts';

export interface DialView {
  /** Fingerprints of all members of the grove, ourselves included. */
  readonly members: readonly string[];
  readonly book: Book;
  /** Links up, by fingerprint of the peer; absent means none. */
  readonly linked: Readonly<Record<string, number>>;
  /** Dials to unproven addresses that are still allowed. */
  readonly unverifiedLeft: number;
  readonly random: RandomState;
}

export interface DialTarget {
  readonly address: string;
  readonly fingerprint: string;
}

export interface PlannedDial {
  readonly fingerprint: string;
  /** In the order they are raced. */
  readonly targets: readonly DialTarget[];
  /** The link is to replace another one. */
  readonly trading: boolean;
}

export interface DialPlan {
  readonly dials: readonly PlannedDial[];
  /** Peers whose links are given up. */
  readonly retire: readonly string[];
  /** Somebody who should be dialled has to wait until a dial under way ends. */
  readonly more: boolean;
  readonly unverifiedLeft: number;
  readonly random: RandomState;
}

/** A whole round: the links that are missing, or else a trade, or giving up what is too much. */
export function planRound(view: DialView): DialPlan {
  const missing = planDials(view, null);
  const links = Object.keys(view.linked);
  if (isMesh(view) || links.length < linksMin) return missing;
  if (links.length > linksMax) return planRetirement(view, links);
  return planTrade(view);
}

// g[impl dial.mesh] g[impl dial.parallel] g[impl dial.enough]
/** Dials for missing links only, to `only` these peers or, with null, to anybody. */
export function planDials(view: DialView, only: readonly string[] | null): DialPlan {
  const candidates = waiting(view, only);
  const inFlight = dialsInFlight(view);
  const needed = isMesh(view) ? candidates.length : linksMin - Object.keys(view.linked).length - inFlight;
  const wanted = Math.min(needed, candidates.length);
  const count = Math.max(0, Math.min(wanted, dialsMax - inFlight));
  const [chosen, random] = choose(candidates, view, count);
  const { dials, unverifiedLeft } = withTargets(chosen, view, { count, trading: false });
  return { dials, retire: [], more: isMesh(view) && wanted > count, unverifiedLeft, random };
}

/** Whether `planDials` may find something to do. */
export function missesLinks(view: Pick<DialView, 'members' | 'linked'>): boolean {
  return isMesh(view) || Object.keys(view.linked).length < linksMin;
}

/** The dial of one peer, whatever else is under way; null when no address may be dialled. */
export function planOne(view: DialView, fingerprint: string): DialPlan | null {
  const { dials, unverifiedLeft } = withTargets([fingerprint], view, { count: 1, trading: false });
  if (dials.length === 0) return null;
  return { dials, retire: [], more: false, unverifiedLeft, random: view.random };
}

// g[impl dial.trade]
/** Dials one member at random, to take the place of a link; only when nothing else is under way. */
function planTrade(view: DialView): DialPlan {
  const [shuffled, random] = shuffle(waiting(view, null), view.random);
  const count = dialsInFlight(view) === 0 ? 1 : 0;
  const { dials, unverifiedLeft } = withTargets(shuffled, view, { count, trading: true });
  return { dials, retire: [], more: false, unverifiedLeft, random };
}

/** Which link gives way to a newly traded one: any but the new one, none when that would leave too few. */
export function tradedAway(
  view: Pick<DialView, 'members' | 'linked' | 'random'>,
  newcomer: string,
): Drawn<string | null> {
  const others = Object.keys(view.linked).filter((fingerprint) => fingerprint !== newcomer);
  if (isMesh(view) || others.length < linksMin) return [null, view.random];
  const [shuffled, random] = shuffle(others, view.random);
  return [shuffled[0] ?? null, random];
}

// g[impl dial.surplus]
function planRetirement(view: DialView, links: readonly string[]): DialPlan {
  const count = Math.ceil((links.length - linksMax) / surplusShare);
  const [shuffled, random] = shuffle(links, view.random);
  const { unverifiedLeft } = view;
  return { dials: [], retire: shuffled.slice(0, count), more: false, unverifiedLeft, random };
}

export function isMesh(view: Pick<DialView, 'members'>): boolean {
  return view.members.length <= meshMembersMax;
}

function dialsInFlight({ book, linked }: DialView): number {
  return Object.entries(book).filter(
    ([fingerprint, { phase }]) =>
      (phase === 'dialling' || phase === 'settling') && linked[fingerprint] === undefined,
  ).length;
}

function waiting({ book, linked }: DialView, only: readonly string[] | null): readonly string[] {
  return (only ?? Object.keys(book)).filter((fingerprint) => {
    const row = book[fingerprint];
    return row?.phase === 'idle' && row.addresses.length > 0 && linked[fingerprint] === undefined;
  });
}

// g[impl dial.choice]
/**
 * Half of them (an odd one by chance) those without a link for longest, the other half any: a crowd of members that never answer must not
 * keep those who would from being tried. What is left follows, to stand in for peers without a usable address.
 */
function choose(
  candidates: readonly string[],
  { book, random }: DialView,
  count: number,
): Drawn<readonly string[]> {
  if (count === 0) return [[], random];
  const [shuffled, afterShuffle] = shuffle(candidates, random);
  const [extra, next] = nextBelow(1 + (count % 2), afterShuffle);
  const since = (fingerprint: string) => book[fingerprint]?.lastConnectedAt ?? '';
  const longest = shuffled.toSorted((left, right) => compare(since(left), since(right)));
  const first = longest.slice(0, Math.floor(count / 2) + extra);
  return [[...first, ...shuffled.filter((fingerprint) => !first.includes(fingerprint))], next];
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The first `count` of `chosen` that have an address to dial. */
function withTargets(
  chosen: readonly string[],
  { book, unverifiedLeft }: DialView,
  { count, trading }: { readonly count: number; readonly trading: boolean },
): { readonly dials: readonly PlannedDial[]; readonly unverifiedLeft: number } {
  const dials: PlannedDial[] = [];
  let left = unverifiedLeft;
  for (const fingerprint of chosen) {
    if (dials.length === count) break;
    const targets = targetsOf(fingerprint, book[fingerprint], left);
    if (targets.dial.length === 0) continue;
    left -= targets.unverified;
    dials.push({ fingerprint, targets: targets.dial, trading });
  }
  return { dials, unverifiedLeft: left };
}

// g[impl dial.unverified]
/** Addresses in the row's order; hints only as far as the budget reaches. */
function targetsOf(fingerprint: string, row: BookRow | undefined, unverifiedLeft: number) {
  const known = row?.addresses ?? [];
  const hints = known.filter(({ source }) => source === 'hint').slice(0, unverifiedLeft);
  const dialled = [...known.filter(({ source }) => source !== 'hint'), ...hints];
  return { dial: dialled.map(({ address }) => ({ address, fingerprint })), unverified: hints.length };
}
