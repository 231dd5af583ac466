/**
 * A leader killed in the middle of publishing, a few hundred times over, at every step: whatever it had signed by then,
 * nobody ever sees two payloads under one number. `CRASH_ROUNDS` in the environment makes it more rounds.
 */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Version } from '../../src/protocol/types.ts';
import { type Child, connectLocally, createPlace, ctl, type Place, startChild, within } from './support.ts';

const rounds = Number(process.env.CRASH_ROUNDS ?? '') || 300;
const roundMsMax = 2_000;
const leaderProgram = fileURLToPath(new URL('programs/crashing-leader.mjs', import.meta.url));
const followersProgram = fileURLToPath(new URL('programs/followers.mjs', import.meta.url));

/** In the order in which a publish goes through them. */
const steps = [
  'drafted',
  'signed',
  'stored',
  'published',
  'announced',
  'announced-to-one',
  'sent',
  'answered',
] as const;

interface Line {
  readonly signed?: Version;
  readonly stored?: Version;
  readonly received?: Version;
  readonly trouble?: unknown;
  readonly ready?: readonly string[];
}

describe('a leader that is killed while it publishes', () => {
  let place: Place;
  const ended: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ended.splice(0)) await end();
    await place.clear();
  });

  // g[verify leader.persist-then-speak]
  it(
    'never has two payloads seen under one number, and goes on where it was',
    async () => {
      place = createPlace();
      const followers = await startGrove();
      const signed = new Map<number, Set<string>>();
      const stored = new Map<number, Set<string>>();
      let newest = 3;
      let next = loadLeader();

      for (let round = 0; round < rounds; round += 1) {
        const step = steps[round % steps.length] ?? 'signed';
        // Links that were pruned by an earlier publish carry no second copy: that step needs fresh ones.
        const survives = step === 'announced-to-one' ? 0 : Math.floor(round / steps.length) % 2;
        const leader = next;
        // The one of the next round loads its program meanwhile.
        next = loadLeader();
        leader.process.stdin?.end(
          `${JSON.stringify([place.directory('a'), step, survives, `round ${round}`])}\n`,
        );
        const exit = await within(
          leader.exited,
          `the kill of round ${round} at ${step}`,
          () => leader.stderr,
        );
        expect(exit, leader.stderr.join('\n')).toEqual({ code: null, signal: 'SIGKILL' });

        const lines = linesOf(leader.stdout);
        const numbers = lines.flatMap((line) => line.signed?.seq ?? []);
        const kept = lines.flatMap((line) => line.stored?.seq ?? []);
        expect(numbers, `round ${round}, killed at ${step}`).toEqual(
          Array.from({ length: survives + (step === 'drafted' ? 0 : 1) }, (_, index) => newest + 1 + index),
        );
        expect(kept).toEqual(step === 'signed' ? numbers.slice(0, -1) : numbers);
        newest = kept.at(-1) ?? newest;
        for (const line of lines) {
          if (line.signed !== undefined) note(signed, line.signed);
          if (line.stored !== undefined) note(stored, line.stored);
        }
      }

      // It is a node like any other afterwards, and everybody agrees with it.
      const a = await place.start('a');
      const { seq } = (await a.ask('grove', 'param', 'set', 'word', 'the last')) as { seq: number };
      expect(seq).toBe(newest + 1);
      const hashes = await Promise.all(['a', 'b', 'c'].map((name) => hashAt(name, seq)));
      expect(new Set(hashes).size).toBe(1);

      const received = new Map<number, Set<string>>();
      const lines = linesOf(followers.stdout);
      for (const line of lines) if (line.received !== undefined) note(received, line.received);
      expect(lines.filter((line) => line.trouble !== undefined)).toEqual([]);
      expect(severalHashes(received)).toEqual([]);
      expect(severalHashes(stored)).toEqual([]);
      const unstored = [...received].filter(
        ([number, hash]) => number > 3 && number < seq && stored.get(number)?.has([...hash].join()) !== true,
      );
      expect(unstored).toEqual([]);
      // The window between signing and storing was really hit: those numbers were signed again, with another content.
      expect(severalHashes(signed).length).toBe(Math.floor((rounds + steps.length - 2) / steps.length));
      console.info(`${rounds} kills, ${newest} numbers, ${received.size} of them seen by the followers`);
    },
    60_000 + rounds * roundMsMax,
  );

  /** A process that becomes the leader once it is told. */
  function loadLeader(): Child {
    const child = startChild(leaderProgram, [], {}, 'later');
    ended.push(async () => child.process.kill('SIGKILL'));
    return child;
  }

  /** A leader that has stopped, and two members in a process that writes down what they receive. */
  async function startGrove() {
    const followers = startChild(followersProgram, [place.directory('b'), place.directory('c')]);
    ended.push(async () => {
      followers.process.kill('SIGTERM');
      await followers.exited;
    });
    const first = await followers.firstLine();
    const [{ ready = [] } = {}] = linesOf([first ?? '{}']);
    expect(ready, followers.stderr.join('\n')).toHaveLength(2);
    const a = await place.start('a');
    await a.ask('grove', 'init', '--label', 'a');
    const [b = '', c = ''] = ready;
    await a.ask('grove', 'invite', b, 'b');
    const { invite } = (await a.ask('grove', 'invite', c, 'c')) as { invite: string };
    for (const name of ['b', 'c']) {
      const joined = await ctl(['--data-dir', place.directory(name), 'grove', 'join', invite]);
      expect(joined, joined.stderr).toMatchObject({ exitCode: 0 });
    }
    await a.stop();
    return followers;
  }

  /** What a node holds under a number, as soon as it has it. */
  async function hashAt(name: string, seq: number): Promise<string> {
    const client = await connectLocally(place.directory(name));
    const seen: Promise<void> = new Promise((resolve) => {
      void client.subscribe('', (event) => {
        if (event.type === 'grove.payload-applied' && event.seq === seq) resolve();
      });
    });
    await within(seen, `number ${seq} at ${name}`);
    const answer = await client.request('/grove/status');
    await client.dispose();
    if (!answer.ok) throw new Error(answer.reason.message);
    const status = answer.value as { current_seq: number; payload_hash: string };
    expect(status.current_seq).toBe(seq);
    return status.payload_hash;
  }
});

function linesOf(lines: readonly string[]): readonly Line[] {
  return lines.map((line) => JSON.parse(line) as Line);
}

function note(seen: Map<number, Set<string>>, { seq, hash }: Version): void {
  seen.set(seq, (seen.get(seq) ?? new Set()).add(hash));
}

function severalHashes(seen: ReadonlyMap<number, ReadonlySet<string>>): readonly number[] {
  return [...seen].flatMap(([seq, hashes]) => (hashes.size > 1 ? [seq] : []));
}
