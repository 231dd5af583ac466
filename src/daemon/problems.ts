/** What is wrong with a node and what to do about it, in plain words, for `grove status` and the page. */
import type { Problem, ProblemCode } from '../operator/index.ts';
import type { ForkEvidence, ParkedPayload } from '../ports/index.ts';
import { identityConflictMs, isListed, parseTimestamp, shortFingerprint } from '../protocol/index.ts';
import { StoreError } from '../store/index.ts';
import type { NodeControlParts } from './node-control.ts';

// i[impl daemon.problems]
export function findProblems(parts: NodeControlParts): readonly Problem[] {
  const { system, loopbackOnly } = parts;
  const snapshot = system.supervisor.getSnapshot();
  const { standing, degraded, links } = snapshot.context;
  const problems: Problem[] = [];
  const [parked, evidence] = waiting(parts, problems);
  const add = (code: ProblemCode, message: string) => problems.push({ code, message });

  if (loopbackOnly) {
    add(
      'loopback-only',
      'this node listens on loopback only: it can neither reach other machines nor be reached by them. To change that, start it with --listen ADDR:PORT',
    );
  }
  if (degraded !== null) {
    add(
      'store-degraded',
      `the newest payload could not be written, the previous one is still in force: ${degraded}`,
    );
  }
  if (snapshot.matches('revoked')) {
    add(
      'revoked',
      'the leader removed this node from the grove. Its params stay as they were; to come back, run `grove leave` and join with a new invite',
    );
  }
  if (snapshot.matches({ member: { following: 'suspectedRevoked' } })) {
    add(
      'suspected-revoked',
      'other members say that this node was removed from the grove, but it has not seen the proof: ask the operator of the leader',
    );
  }
  // The others go by the key: they take whoever lost its own for a stranger.
  if (standing !== null && snapshot.matches('member') && !isListed(standing.members, parts.ownFingerprint)) {
    add(
      'key-mismatch',
      'the grove in the database has no member with the key of this node: put the oi.key back that belongs to it, or run `grove leave` and join with a new invite',
    );
  }
  problems.push(...(parts.fileProblems?.() ?? []));
  problems.push(...damage(parts));
  problems.push(...appProblems(parts.store));
  if (standing === null) return problems;
  problems.push(...parkedPayloads(parked));
  if (isForkFresh(evidence, parts, standing.version.seq)) {
    add(
      'fork',
      'the leader signed two payloads under one number: its key is used twice, or it was restored from a backup. See `seedling-ctl events`',
    );
  }
  problems.push(...identityConflicts(parts));
  const connected = Object.values(links).some(({ greetedAt }) => greetedAt !== null);
  if (!connected && standing.members.length > 1 && snapshot.matches('member')) {
    add('no-links', 'no other member is linked: see `grove peers` for the last error of each');
  }
  const publisher = snapshot.children['publisher']?.getSnapshot();
  if (publisher !== undefined && 'value' in publisher && publisher.value === 'holding') {
    add(
      'holding',
      'the leader waits up to 30 s for members, or for a newer payload that one of them holds, before it publishes; `--force` publishes at once',
    );
  }
  return problems;
}

function parkedPayloads(parked: readonly ParkedPayload[]): readonly Problem[] {
  return parked.map(({ seq, reason }) =>
    reason === 'seq_jump'
      ? {
          code: 'seq-jump',
          message: `a payload with the number ${seq} waits: it is more than a million ahead. If the leader's operator confirms that number, run \`grove accept-jump ${seq}\``,
        }
      : {
          code: 'created-in-future',
          message: `a payload (${seq}) is dated in the future and waits for its time: check the clocks of this node and of the leader`,
        },
  );
}

function identityConflicts({ system, clock, ownFingerprint }: NodeControlParts): readonly Problem[] {
  const { conflicts } = system.supervisor.getSnapshot().context;
  return Object.entries(conflicts)
    .filter(([, at]) => clock.now() - (parseTimestamp(at) ?? 0) < identityConflictMs)
    .map(([fingerprint]) => {
      const whose = fingerprint === ownFingerprint ? 'this node' : shortFingerprint(fingerprint);
      const message = `two processes use the key of ${whose}: a data directory was copied, or the key was stolen. Stop one of them`;
      return { code: 'identity-conflict', message };
    });
}

/** Of each sort; more say no more. */
const appProblemsMax = 10;

// g[impl actuation.problems]
function appProblems({ apps }: NodeControlParts['store']): readonly Problem[] {
  const failing = apps.failingApps().map(({ app, installed, attempts, lastError }): Problem => {
    if (!installed) {
      const message = `${app} could not be installed: ${lastError}. Mend it, then run \`apps install ${app}\``;
      return { code: 'install-failed', message };
    }
    const message = `${app} is not told of its newest values, attempt ${attempts}: ${lastError}. It is tried again; see \`apps show ${app}\``;
    return { code: 'app-failing', message };
  });
  const misfits = apps.misfits().map(({ app, appParam, misfit }): Problem => {
    const message = `${appParam} of ${app} keeps its last good value: ${misfit}. Publish another value, or run \`grove unmap ${app} ${appParam}\``;
    return { code: 'mapping-incompatible', message };
  });
  return [...failing.slice(0, appProblemsMax), ...misfits.slice(0, appProblemsMax)];
}

const forkShownMs = 7 * 24 * 60 * 60_000;

/** The evidence is kept for good; the problem is over when the grove has moved on and somebody had time to see it. */
function isForkFresh(
  evidence: readonly ForkEvidence[],
  { clock }: NodeControlParts,
  currentSeq: number,
): boolean {
  const since = clock.now() - forkShownMs;
  return evidence.some(({ seq, seenAt }) => seq >= currentSeq || (parseTimestamp(seenAt) ?? 0) >= since);
}

/** What is set aside. A store that cannot be read is a problem of its own, and no reason to say nothing. */
function waiting(
  { store }: NodeControlParts,
  problems: Problem[],
): readonly [readonly ParkedPayload[], readonly ForkEvidence[]] {
  try {
    return [store.parked(), store.forkEvidence()];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    problems.push({ code: 'store-unreadable', message: `the database could not be read: ${error.message}` });
    return [[], []];
  }
}

// i[impl daemon.damage]
function damage({ system, store }: NodeControlParts): readonly Problem[] {
  const problems = store.damaged().map(
    ({ table, rows }): Problem => ({
      code: 'damaged-rows',
      message: `${rows} ${rows === 1 ? 'row' : 'rows'} of ${table} cannot be read and ${rows === 1 ? 'is' : 'are'} left out: the disk, or whoever wrote to the database, damaged it. The node serves on; restore the database from a backup, or let this node leave and join again`,
    }),
  );
  const { unreadable } = system.events;
  if (unreadable === null) return problems;
  return [...problems, { code: 'events-unreadable', message: `events could not be read: ${unreadable}` }];
}
