/**
 * What the dial loop does next: one pure function for each thing that can happen, from its context and the event to
 * changes of the context and effects. The statechart says when they apply and carries the effects out.
 */
import {
  addConfigured,
  addHints,
  type Book,
  type BookRow,
  bookFromRows,
  changeRow,
  type DialPlan,
  emptyRow,
  forgetAddresses,
  hintsPerSenderMax,
  isListed,
  isMesh,
  judgeHints,
  lastErrorCharactersMax,
  linksMin,
  missesLinks,
  normaliseAddresses,
  planDials,
  planOne,
  planRound,
  printable,
  proveAddress,
  restDelay,
  roundDelay,
  roundsBetweenTellings,
  type SavedRow,
  savedRow,
  tradedAway,
  unverifiedDialsMax,
  unverifiedDialsPerRound,
} from '../src/protocol/index.ts';
import type { DialAttemptOutput } from './dial-attempt-machine.ts';
import { type DialContext, type DialEffect, type DialStep, join, nothing } from './dial-context.ts';
import type { AddressesChanged, HintsHeard, LinkDown, LinkUp, MembershipChanged } from './dial-events.ts';
import { newsOf, tellLater } from './dial-telling.ts';

// g[impl dial.round]
/** A round: budgets are refilled, links that lasted count as steady, then whoever is due is dialled. */
export function haveRound(context: DialContext): DialStep {
  const rounds = context.roundsSinceTelling + 1;
  const refilled = {
    ...context,
    book: steadied(context.book, context.linked),
    unverifiedLeft: Math.min(context.unverifiedLeft + unverifiedDialsPerRound, unverifiedDialsMax),
  };
  const planned = carryOut(refilled, planRound(refilled));
  const [roundMs, random] = roundDelay(context.timings, planned.changes.random ?? context.random);
  const tells = rounds >= roundsBetweenTellings;
  const round: DialStep = {
    changes: {
      roundMs,
      hintsLooked: {},
      roundsSinceTelling: tells ? 0 : rounds,
      ...planned.changes,
      random,
    },
    effects: planned.effects,
  };
  return tells ? join(round, tellLater(context, { everything: true, members: [] })) : round;
}

/** Between rounds: dials some, or whoever waits, as far as links are missing. */
export function dialWanted(context: DialContext, fingerprints: readonly string[] | null): DialStep {
  return carryOut(context, planDials(context, fingerprints));
}

// g[impl dial.now]
/** The operator, or the join, wants this peer now: no rest and no limit stands in the way. */
export function dialNow(context: DialContext, fingerprint: string): DialStep {
  const row = context.book[fingerprint];
  if (row === undefined || context.linked[fingerprint] !== undefined) return nothing;
  if (row.phase !== 'idle' && row.phase !== 'resting') return nothing;
  const plan = planOne(context, fingerprint);
  if (plan === null) return nothing;
  const step = carryOut(context, plan);
  return { changes: step.changes, effects: [{ do: 'stop-waiting', fingerprint }, ...step.effects] };
}

// g[impl dial.report]
export function attemptEnded(context: DialContext, fingerprint: string, output: DialAttemptOutput): DialStep {
  const row = context.book[fingerprint];
  const ended: DialEffect[] = [{ do: 'stop-dial', fingerprint }];
  if (row === undefined) return { changes: {}, effects: ended };
  if (output.outcome === 'connected') {
    const { linkId, address } = output;
    const dialled: DialEffect = { do: 'send', event: { type: 'link.dialled', linkId, fingerprint, address } };
    const book = changeRow(context.book, fingerprint, { phase: 'settling' });
    return {
      changes: { book },
      effects: [dialled, { do: 'await-acceptance', fingerprint }, ...ended],
    };
  }
  const { attempts } = output;
  const wrong = attempts
    .filter(({ kind }) => kind === 'wrong_fingerprint' || kind === 'invalid_address')
    .map(({ address }) => address);
  const addresses = forgetAddresses(row.addresses, wrong);
  const known = { ...context, book: changeRow(context.book, fingerprint, { addresses, trading: false }) };
  const error = attempts.map(({ address, detail }) => `${address}: ${detail}`).join('; ');
  return join(
    failed(known, fingerprint, error),
    addresses.length === row.addresses.length ? nothing : remember(known, [fingerprint]),
    {
      changes: {},
      effects: [{ do: 'send', event: { type: 'dial.failed', fingerprint, attempts } }, ...ended],
    },
  );
}

// g[impl dial.accepted]
/** The handshake was done, but the peer never sent a message. */
export function acceptanceOver(context: DialContext, fingerprint: string): DialStep {
  if (context.book[fingerprint]?.phase !== 'settling') return nothing;
  return failed(context, fingerprint, 'the peer completed the handshake and then said nothing');
}

export function restOver(context: DialContext, fingerprint: string, retry: boolean): DialStep {
  if (context.book[fingerprint]?.phase !== 'resting') return nothing;
  const book = changeRow(context.book, fingerprint, { phase: 'idle' });
  return { changes: { book }, effects: retry ? [{ do: 'want', fingerprints: [fingerprint] }] : [] };
}

// g[impl hint.proven] g[impl dial.accepted]
export function linkUp(context: DialContext, event: LinkUp): DialStep {
  const { fingerprint, at } = event;
  if (!isOther(context, fingerprint)) return nothing;
  const row = context.book[fingerprint] ?? emptyRow;
  const addresses = proveAddress(row.addresses, event.address);
  const linked = { ...context.linked, [fingerprint]: (context.linked[fingerprint] ?? 0) + 1 };
  // g[impl dial.crossing]
  const phase = row.phase === 'dialling' ? 'dialling' : 'idle';
  const unsteady = row.unsteady + 1;
  const proof = { addresses, lastConnectedAt: at, lastSeenAt: at, failures: 0, unsteady, lastError: null };
  const book = changeRow(context.book, fingerprint, { phase, trading: false, ...proof });
  const [victim, random] = row.trading
    ? tradedAway({ ...context, linked }, fingerprint)
    : [null, context.random];
  const effects: DialEffect[] = [{ do: 'stop-waiting', fingerprint }, ...letNextOneGo(context)];
  if (victim !== null) effects.push({ do: 'send', event: { type: 'link.retire', fingerprint: victim } });
  const proved = { ...context, book };
  const up = { changes: { book, linked, random, at }, effects };
  if (provenList(row) === provenList({ addresses })) return join(up, remember(proved, [fingerprint]));
  // Killed before the next save, a node that knew nobody else would not find its grove again.
  const unsaved = [...new Set([...context.unsaved, fingerprint])];
  return join(up, saveBook({ ...proved, unsaved }), tellLater(context, newsOf(fingerprint)));
}

// g[impl dial.redial]
export function linkDown(context: DialContext, event: LinkDown): DialStep {
  const { fingerprint } = event;
  const row = context.book[fingerprint];
  const count = context.linked[fingerprint] ?? 0;
  if (row === undefined) return nothing;
  if (count === 0 || event.greeted === false) {
    return row.phase === 'settling' ? failed(context, fingerprint, event.reason) : nothing;
  }
  const { [fingerprint]: _, ...others } = context.linked;
  if (count > 1) return { changes: { linked: { ...others, [fingerprint]: count - 1 } }, effects: [] };
  const at = event.at ?? context.at;
  const lastError = event.error ? printable(event.reason, lastErrorCharactersMax) : row.lastError;
  const book = changeRow(context.book, fingerprint, { lastSeenAt: at, lastError });
  const known = { ...context, at, linked: others, book };
  return join({ changes: { at, linked: others, book }, effects: [] }, redial(known, event, row));
}

/**
 * A loss by error is answered with a dial of the same peer, being left with too few links by a dial of anybody. A link
 * that keeps ending before it lasted a round is dialled ever more slowly.
 */
function redial(context: DialContext, { fingerprint, error }: LinkDown, row: BookRow): DialStep {
  const links = Object.keys(context.linked).length;
  const alone = links === 0;
  const tooFew = links < linksMin && !isMesh(context) && row.unsteady === 0;
  if (row.phase !== 'idle') return nothing;
  if (row.unsteady > 1) return error || alone ? rest(context, fingerprint, row.unsteady - 1) : nothing;
  if (alone || (tooFew && !error)) return { changes: {}, effects: [{ do: 'want', fingerprints: null }] };
  return error ? { changes: {}, effects: [{ do: 'want', fingerprints: [fingerprint] }] } : nothing;
}

// g[impl dial.hinted]
export function hintsHeard(context: DialContext, event: HintsHeard): DialStep {
  const { from } = event;
  if (!isOther(context, from)) return nothing;
  const looked = context.hintsLooked[from] ?? 0;
  const { fingerprint: own, members, ownAddresses, listensOnLoopback } = context;
  const addressesLeft = hintsPerSenderMax - looked;
  const circumstances = { own, members, ownAddresses, listensOnLoopback, book: context.book, addressesLeft };
  const judged = judgeHints(event.entries, circumstances);
  const learnt: Record<string, BookRow> = {};
  const effects: DialEffect[] = [];
  for (const { fingerprint, addresses } of judged.accepted) {
    const row = context.book[fingerprint] ?? emptyRow;
    const known = addHints(row.addresses, { addresses, from, isThePeer: from === fingerprint });
    if (known === row.addresses) continue;
    const rests = row.phase === 'resting';
    learnt[fingerprint] = { ...row, addresses: known, phase: rests ? 'idle' : row.phase };
    if (rests) effects.push({ do: 'stop-waiting', fingerprint });
  }
  const changed = Object.keys(learnt);
  const hintsLooked = { ...context.hintsLooked, [from]: looked + judged.looked };
  if (changed.length === 0) return { changes: { hintsLooked }, effects: [] };
  // Most hints come to nodes that miss nobody.
  if (missesLinks(context)) effects.push({ do: 'want', fingerprints: changed });
  const book = { ...context.book, ...learnt };
  return join({ changes: { book, hintsLooked }, effects }, remember(context, changed));
}

// g[impl dial.members] g[impl dial.merge]
export function membershipChanged(context: DialContext, event: MembershipChanged): DialStep {
  const isPeer = (fingerprint: string) =>
    fingerprint !== context.fingerprint && isListed(event.members, fingerprint);
  const known = Object.entries(context.book);
  const gone = known.filter(([fingerprint]) => !isPeer(fingerprint)).map(([fingerprint]) => fingerprint);
  const kept = Object.fromEntries(known.filter(([fingerprint]) => isPeer(fingerprint)));
  const rows = event.rows ?? [];
  const fresh = bookFromRows(
    rows.filter(({ fingerprint }) => kept[fingerprint] === undefined),
    isPeer,
  );
  const merged = mergeConfigured(kept, rows);
  const learnt = [...Object.keys(fresh), ...Object.keys(merged)];
  const stillIn = ([fingerprint]: [string, unknown]) => isPeer(fingerprint);
  const unsaved = context.unsaved.filter(isPeer);
  return join(
    {
      changes: {
        members: event.members,
        book: { ...kept, ...fresh, ...merged },
        linked: Object.fromEntries(Object.entries(context.linked).filter(stillIn)),
        hintsLooked: Object.fromEntries(Object.entries(context.hintsLooked).filter(stillIn)),
        unsaved,
      },
      effects: [
        ...gone.flatMap((fingerprint): DialEffect[] => [
          { do: 'stop-dial', fingerprint },
          { do: 'stop-waiting', fingerprint },
        ]),
        { do: 'want', fingerprints: Object.keys(fresh) },
      ],
    },
    learnt.length === 0 ? nothing : remember({ ...context, unsaved }, learnt),
    gone.length === 0 ? nothing : tellLater(context, newsOf()),
  );
}

/** The rows there are already that learn a configured address from others. */
function mergeConfigured(book: Book, rows: readonly SavedRow[]): Book {
  const merged: Record<string, BookRow> = {};
  for (const { fingerprint, addresses } of rows) {
    const row = merged[fingerprint] ?? book[fingerprint];
    if (row === undefined) continue;
    const configured = addresses.filter(({ source }) => source === 'configured');
    const known = addConfigured(
      row.addresses,
      configured.map(({ address }) => address),
    );
    if (sourceList(known) !== sourceList(row.addresses)) merged[fingerprint] = { ...row, addresses: known };
  }
  return merged;
}

// g[impl dial.wake]
/** What failed before may work now: every rest ends, and back-off starts anew. */
export function wake(context: DialContext): DialStep {
  const effects: DialEffect[] = [];
  const rows = Object.entries(context.book).map(([fingerprint, row]): [string, BookRow] => {
    const rests = row.phase === 'resting';
    if (rests) effects.push({ do: 'stop-waiting', fingerprint });
    return [fingerprint, { ...row, phase: rests ? 'idle' : row.phase, failures: 0, unsteady: 0 }];
  });
  return { changes: { book: Object.fromEntries(rows) }, effects: [...effects, { do: 'want-round' }] };
}

export function addressesChanged(context: DialContext, event: AddressesChanged): DialStep {
  const { listensOnLoopback } = event;
  const ownAddresses = normaliseAddresses(event.ownAddresses);
  const same =
    listensOnLoopback === context.listensOnLoopback && sameTexts(ownAddresses, context.ownAddresses);
  // A machine that only slept has nothing new to tell.
  return same
    ? nothing
    : join(
        { changes: { ownAddresses, listensOnLoopback }, effects: [] },
        tellLater(context, newsOf(context.fingerprint)),
      );
}

// g[impl dial.saved]
export function saveBook(context: DialContext): DialStep {
  const rows = context.unsaved.flatMap((fingerprint) => {
    const row = context.book[fingerprint];
    return row === undefined ? [] : [savedRow(fingerprint, row)];
  });
  const save: DialEffect[] = rows.length === 0 ? [] : [{ do: 'send', event: { type: 'book.save', rows } }];
  return { changes: { unsaved: [] }, effects: [{ do: 'save-never' }, ...save] };
}

/** Puts a plan into effect: rows of those dialled change, links to be given up are reported. */
function carryOut(context: DialContext, plan: DialPlan): DialStep {
  const dialled = plan.dials.map(({ fingerprint, trading }): [string, BookRow] => [
    fingerprint,
    { ...(context.book[fingerprint] ?? emptyRow), phase: 'dialling', trading },
  ]);
  const book = dialled.length === 0 ? context.book : { ...context.book, ...Object.fromEntries(dialled) };
  const { random, more, unverifiedLeft } = plan;
  return {
    changes: { book, random, more, unverifiedLeft },
    effects: [
      ...plan.dials.map(({ fingerprint, targets }): DialEffect => ({ do: 'dial', fingerprint, targets })),
      ...plan.retire.map(
        (fingerprint): DialEffect => ({ do: 'send', event: { type: 'link.retire', fingerprint } }),
      ),
    ],
  };
}

/** A dial gave no link. With a link from the peer's side there is nothing to back off from. */
function failed(context: DialContext, fingerprint: string, error: string): DialStep {
  const row = context.book[fingerprint] ?? emptyRow;
  const next = letNextOneGo(context);
  if (context.linked[fingerprint] !== undefined) {
    const book = changeRow(context.book, fingerprint, { phase: 'idle', trading: false });
    return { changes: { book }, effects: [{ do: 'stop-waiting', fingerprint }, ...next] };
  }
  const failures = row.failures + 1;
  const lastError = printable(error, lastErrorCharactersMax);
  const book = changeRow(context.book, fingerprint, { failures, lastError, trading: false });
  return join(rest({ ...context, book }, fingerprint, failures), { changes: {}, effects: next });
}

function letNextOneGo(context: DialContext): readonly DialEffect[] {
  return context.more ? [{ do: 'want', fingerprints: null }] : [];
}

// g[impl dial.back-off]
/** Short rests end with a dial; after long ones the peer waits for the next round. */
function rest(context: DialContext, fingerprint: string, failures: number): DialStep {
  const [delayMs, random] = restDelay(failures, context.timings, context.random);
  const book = changeRow(context.book, fingerprint, { phase: 'resting' });
  const retry = delayMs < context.timings.roundMs;
  return {
    changes: { book, random },
    effects: [
      { do: 'stop-waiting', fingerprint },
      { do: 'rest', fingerprint, delayMs, retry },
    ],
  };
}

/** Marks rows as unsaved; the first one starts the wait for others to be saved with it. */
function remember(context: DialContext, fingerprints: readonly string[]): DialStep {
  const unsaved = [...new Set([...context.unsaved, ...fingerprints])];
  return { changes: { unsaved }, effects: context.unsaved.length === 0 ? [{ do: 'save-later' }] : [] };
}

/** Links that lasted until a round are steady. */
function steadied(book: Book, linked: DialContext['linked']): Book {
  const lasted = Object.keys(linked).filter((fingerprint) => (book[fingerprint]?.unsteady ?? 0) > 0);
  return lasted.reduce((rows, fingerprint) => changeRow(rows, fingerprint, { unsteady: 0 }), book);
}

function isOther(context: DialContext, fingerprint: string): boolean {
  return fingerprint !== context.fingerprint && isListed(context.members, fingerprint);
}

function provenList({ addresses }: Pick<BookRow, 'addresses'>): string {
  return addresses
    .flatMap(({ address, proven }) => (proven ? [address] : []))
    .toSorted()
    .join(' ');
}

function sourceList(addresses: BookRow['addresses']): string {
  return addresses.map(({ address, source }) => `${source} ${address}`).join('\n');
}

function sameTexts(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, index) => text === others[index]);
}
