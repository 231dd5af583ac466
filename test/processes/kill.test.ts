/**
 * Any node killed at any moment, in the midst of a stream of publishes, and started again: nothing is lost that was
 * stored, and nobody has to do anything. `KILL_SEED` in the environment repeats a run.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { OperatorClient } from '../../src/operator/index.ts';
import { chance, type Killable } from './kill-support.ts';
import { createPlace, type Place, type Watch } from './support.ts';

const rounds = 9;
const acknowledgedMax = 25;
const turnsMax = 40;
const names = ['a', 'b', 'c'] as const;

describe('a node that is killed', () => {
  let place: Place;
  afterEach(() => place.clear());

  // i[verify daemon.restart]
  it('in the midst of publishes comes back as it was, whichever it is and whenever it happens', async () => {
    const seed = process.env.KILL_SEED ?? String(randomInt(2 ** 31));
    console.info(`KILL_SEED=${seed}`);
    const below = chance(seed);
    place = createPlace();
    const members = await startGrove();
    const storm = startStorm(members.a);
    const { grove_id } = await statusOf(members.a.watch.client);

    for (let round = 0; round < rounds; round += 1) {
      const name = names[round % names.length] ?? 'a';
      const victim = members[name];
      await storm.acknowledged(1 + below(acknowledgedMax));
      for (let turn = below(turnsMax); turn > 0; turn -= 1)
        await new Promise((resolve) => setImmediate(resolve));

      const { daemon } = victim;
      await daemon.stop('SIGKILL');
      const kept = name === 'a' ? storm.newest : appliedBy(victim.watch);
      // Nobody tells its operator either: the answer that was waited for would time out.
      victim.watch.client.close();
      if (name === 'a') await storm.interrupted;
      Object.assign(victim, await start(name, daemon.listening));

      const what = `round ${round}, ${name}, seed ${seed}`;
      expect(victim.daemon.fingerprint, what).toBe(daemon.fingerprint);
      const status = await statusOf(victim.watch.client);
      expect(status.grove_id, what).toBe(grove_id);
      expect(status.current_seq, what).toBeGreaterThanOrEqual(kept);
      expect(victim.daemon.log(), what).toContainEqual(
        expect.objectContaining({ msg: expect.stringContaining('took over'), pid: daemon.process.pid }),
      );
      expect(readFileSync(join(daemon.dataDir, 'oi.address'), 'utf8')).toBe(`${daemon.listening[0]}\n`);
      if (name === 'a') storm.resume(members.a);
    }

    // Everybody agrees in the end, on the last of them.
    await storm.acknowledged(1);
    const last = await storm.stop();
    const hashes = await Promise.all(names.map((name) => hashAt(members[name].watch, last)));
    expect(new Set(hashes).size).toBe(1);
    for (const name of names) {
      const { events } = members[name].watch;
      expect(events.filter(({ type }) => type === 'grove.fork-detected')).toEqual([]);
    }
    console.info(`${rounds} kills during ${last} publishes`);
  }, 120_000);

  // i[verify daemon.restart]
  it('right after it joined still finds its grove, also when all were', async () => {
    place = createPlace();
    const members = await startGrove();
    await Promise.all(names.map((name) => members[name].daemon.stop('SIGKILL')));
    for (const name of names) Object.assign(members[name], await start(name, members[name].daemon.listening));
    const seq = await publish(members.a.watch.client, 'after the power cut');
    const hashes = await Promise.all(names.map((name) => hashAt(members[name].watch, seq)));
    expect(new Set(hashes).size).toBe(1);
  });

  async function start(name: string, listen: readonly string[] = ['127.0.0.1:0']): Promise<Killable> {
    const daemon = await place.start(name, { listen });
    return { daemon, watch: await daemon.follow('') };
  }

  async function startGrove(): Promise<Record<(typeof names)[number], Killable>> {
    const [a, b, c] = [await start('a'), await start('b'), await start('c')];
    await a.daemon.ask('grove', 'init', '--label', 'a');
    await a.daemon.ask('grove', 'invite', b.daemon.fingerprint, 'b');
    const answer = await a.daemon.ask('grove', 'invite', c.daemon.fingerprint, 'c');
    const { invite } = answer as { invite: string };
    await b.daemon.ask('grove', 'join', invite);
    await c.daemon.ask('grove', 'join', invite);
    return { a, b, c };
  }
});

/** Publishes one change after the other, and waits out the leader's absence. */
function startStorm(leader: Killable) {
  let running = true;
  let newest = 0;
  let count = 0;
  let heard = (): void => {};
  let resumed: (leader: Killable) => void = () => {};
  let cut: () => void = () => {};
  let interrupted = new Promise<void>((resolve) => {
    cut = resolve;
  });

  async function blow(): Promise<void> {
    let { client } = leader.watch;
    while (running) {
      const seq = await publish(client, `value ${count}`).catch(() => null);
      if (seq === null) {
        const back = new Promise<Killable>((resolve) => {
          resumed = resolve;
        });
        cut();
        ({ client } = (await back).watch);
        continue;
      }
      expect(seq).toBeGreaterThan(newest);
      newest = seq;
      count += 1;
      heard();
    }
  }
  const blown = blow();

  return {
    /** The highest number that was answered. */
    get newest() {
      return newest;
    },
    /** Resolves when the leader was lost. */
    get interrupted() {
      return interrupted;
    },
    resume: (back: Killable) => {
      interrupted = new Promise<void>((resolve) => {
        cut = resolve;
      });
      resumed(back);
    },
    /** Resolves after that many more answers. */
    acknowledged: (more: number) => {
      const wanted = count + more;
      return Promise.race([
        blown,
        new Promise<void>((resolve) => {
          heard = () => {
            if (count >= wanted) resolve();
          };
        }),
      ]);
    },
    stop: async () => {
      running = false;
      await blown;
      return newest;
    },
  };
}

async function publish(client: OperatorClient, value: string): Promise<number> {
  const answer = await client.request('/grove/params/set', { name: 'greeting', kind: 'text', value });
  if (!answer.ok) throw new Error(answer.reason.message);
  return (answer.value as { seq: number }).seq;
}

interface Status {
  readonly grove_id: string;
  readonly current_seq: number;
  readonly payload_hash: string;
}

async function statusOf(client: OperatorClient): Promise<Status> {
  const answer = await client.request('/grove/status');
  if (!answer.ok) throw new Error(answer.reason.message);
  return answer.value as unknown as Status;
}

async function hashAt(watch: Watch, seq: number): Promise<string> {
  return watch.until(async () => {
    const { current_seq, payload_hash } = await statusOf(watch.client);
    return current_seq === seq ? payload_hash : null;
  }, `number ${seq}`);
}

/** The highest number a node said it had stored. */
function appliedBy({ events }: Watch): number {
  const applied = events.filter(({ type }) => type === 'grove.payload-applied');
  return Math.max(0, ...applied.map(({ seq }) => Number(seq)));
}
