/**
 * A node killed while the command of an app runs, while a value waits for it, and between storing a payload and telling
 * the app: in the end the app has the grove's value and every value that stayed was told, once begun after the other.
 * `APPS_KILL_ROUNDS` makes more rounds, `APPS_KILL_SEED` repeats a run.
 */
import { createHash, randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp, Notes, request, settled, show } from './apps-support.ts';
import { chance, type Killable } from './kill-support.ts';
import { createPlace, type Daemon, type Place } from './support.ts';

const rounds = Number(process.env.APPS_KILL_ROUNDS ?? 12);
const turnsMax = 60;

describe('a node that is killed', () => {
  let place: Place;
  afterEach(() => place.clear());

  // g[verify actuation.interrupted] g[verify actuation.leftovers] g[verify actuation.same-transaction] g[verify actuation.restart]
  it('at any moment around a change still brings the last value to the app, and never two runs at once', async () => {
    const seed = process.env.APPS_KILL_SEED ?? String(randomInt(2 ** 31));
    console.info(`APPS_KILL_SEED=${seed}`);
    const below = chance(seed);
    place = createPlace();
    const node = await start(await place.start('a'));
    const notes = new Notes(place, 'web');
    // Long enough to be killed in, and to end after what comes next if nobody stopped it.
    const script = 'echo "begin $NEW_VALUE" >> "$0"; sleep 0.04; echo "end $NEW_VALUE" >> "$0"';
    await node.daemon.ask('grove', 'init', '--label', 'a');
    await publish(node, 'value 0');
    await createApp(node.watch, 'web', ['/bin/sh', '-c', script, notes.path]);
    await request(node.watch, '/grove/map', { app: 'web', app_param: 'greeting', grove_param: 'hail' });
    await settled(node.watch, 'web');

    let count = 0;
    const kept: string[] = ['value 0'];
    for (let round = 0; round < rounds; round += 1) {
      // One that runs, one that waits, or one that is not stored yet when the end comes.
      const publishes = 1 + below(3);
      for (let more = 1; more < publishes; more += 1) {
        count += 1;
        await publish(node, `value ${count}`);
      }
      count += 1;
      const last = publish(node, `value ${count}`).catch(() => 0);
      if (below(2) === 0) await last;
      for (let turn = below(turnsMax); turn > 0; turn -= 1) await new Promise((done) => setImmediate(done));
      await node.daemon.stop('SIGKILL');
      node.watch.client.close();
      await last;
      Object.assign(node, await start(await place.start('a', { listen: node.daemon.listening })));
      // The next kill may come before everything of this one was mended.
      if (below(3) !== 0) continue;
      const { params } = await settled(node.watch, 'web');
      kept.push(String(params.find(({ name }) => name === 'greeting')?.value));
      expect(kept.at(-1), `round ${round}, seed ${seed}`).toBe(await groveValue(node));
    }

    await publish(node, 'the last');
    await settled(node.watch, 'web');
    const { params, operations } = await show(node.watch, 'web');
    expect(params).toMatchObject([{ name: 'greeting', value: 'the last' }, { name: 'motto' }]);
    const sha256 = createHash('sha256').update('the last').digest('hex');
    expect(operations[0]).toMatchObject({ state: 'succeeded', changes: [{ name: 'greeting', sha256 }] });
    const { lines } = notes;
    for (const value of [...kept, 'the last']) expect(lines, `seed ${seed}`).toContain(`end ${value}`);
    expect(overlaps(lines), `seed ${seed}`).toEqual([]);
    // What ended well is not run again.
    const runs = lines.length;
    await node.daemon.stop('SIGKILL');
    Object.assign(node, await start(await place.start('a', { listen: node.daemon.listening })));
    await settled(node.watch, 'web');
    expect(notes.lines).toHaveLength(runs);
    console.info(`${rounds} kills around ${count} publishes, ${runs} lines of runs`);
  }, 300_000);

  async function start(daemon: Daemon): Promise<Killable> {
    return { daemon, watch: await place.follow(daemon) };
  }
});

async function publish({ watch }: Killable, value: string): Promise<number> {
  const params = { name: 'hail', kind: 'text', value, force: true };
  return ((await request(watch, '/grove/params/set', params)) as { seq: number }).seq;
}

async function groveValue({ watch }: Killable): Promise<string | undefined> {
  const params = (await request(watch, '/grove/params')) as { name: string; value: string }[];
  return params.find(({ name }) => name === 'hail')?.value;
}

/** Ends of runs that another one had begun after. */
function overlaps(lines: readonly string[]): readonly string[] {
  let running: string | null = null;
  return lines.filter((line) => {
    const [word, ...value] = line.split(' ');
    if (word === 'begin') {
      running = value.join(' ');
      return false;
    }
    const isLate = running !== value.join(' ');
    running = null;
    return isLate;
  });
}
