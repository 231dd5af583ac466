/** What is wrong with a node and what to do about it, in plain words, for `grove status` and the page. */
import type { Problem } from '../operator/index.ts';
import { parseTimestamp } from '../protocol/index.ts';
import type { NodeControlParts } from './node-control.ts';

// i[impl daemon.problems]
export function findProblems(parts: NodeControlParts): readonly Problem[] {
  const { system, store, loopbackOnly } = parts;
  const snapshot = system.supervisor.getSnapshot();
  const { standing, degraded, links } = snapshot.context;
  const problems: Problem[] = [];
  const add = (code: string, message: string) => problems.push({ code, message });

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
  problems.push(...appProblems(store));
  if (standing === null) return problems;
  for (const { seq, reason } of store.parked()) {
    if (reason === 'seq_jump') {
      add(
        'seq-jump',
        `a payload with the number ${seq} waits: it is more than a million ahead. If the leader's operator confirms it, leave and join again`,
      );
    } else {
      add(
        'created-in-future',
        `a payload (${seq}) is dated in the future and waits for its time: check the clocks of this node and of the leader`,
      );
    }
  }
  if (isForkFresh(parts, standing.version.seq)) {
    add(
      'fork',
      'the leader signed two payloads under one number: its key is used twice, or it was restored from a backup. See `seedling-ctl events`',
    );
  }
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
function isForkFresh({ store, clock }: NodeControlParts, currentSeq: number): boolean {
  const since = clock.now() - forkShownMs;
  return store
    .forkEvidence()
    .some(({ seq, seenAt }) => seq >= currentSeq || (parseTimestamp(seenAt) ?? 0) >= since);
}
