/** A leader whose data directory is put back as it was some time ago: it must not publish what it published before. */
import { cpSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { OperatorClient } from '../../src/operator/index.ts';
import { createPlace, type Daemon, type Place } from './support.ts';

describe('a leader restored from an old backup', () => {
  let place: Place;
  afterEach(() => place.clear());

  // g[verify leader.recovery] g[verify leader.hold]
  it('takes what a member holds before it publishes what was asked for meanwhile', async () => {
    place = createPlace();
    const b = await restored();
    await b.stop();
    const a = await place.start('a');
    const { client } = await a.follow();
    const set = client.request('/grove/params/set', {
      name: 'greeting',
      kind: 'text',
      value: 'after the restore',
    });
    // Answered after the change was taken, which waits.
    expect(await codes(client)).toContain('holding');
    const back = await place.start('b', { listen: b.listening });
    expect(await set).toEqual({ ok: true, value: { seq: 6 } });

    const watch = await back.follow('');
    await watch.event(({ type, seq }) => type === 'grove.payload-applied' && seq === 6, 'number 6');
    const trouble = ['grove.fork-detected', 'grove.payload-rejected'];
    expect(watch.events.filter(({ type }) => trouble.includes(type))).toEqual([]);
    const own = await a.follow('');
    const recovered = await own.event(({ type }) => type === 'grove.leader-state-recovered', 'the recovery');
    expect(recovered.seq).toBe(5);
    for (const daemon of [a, back]) {
      expect(await daemon.ask('grove', 'history', '--limit', '2')).toMatchObject([
        { seq: 6, changes: [{ change: 'param-set', new_value: 'after the restore' }] },
        { seq: 5, changes: [{ change: 'param-set', new_value: 'third' }] },
      ]);
    }
  });

  // g[verify leader.hold]
  it('says that it holds back until a member was heard', async () => {
    place = createPlace();
    const b = await restored();
    await b.stop();
    const a = await place.start('a');
    const { problems } = (await a.ask('grove', 'status')) as {
      problems: { code: string; message: string }[];
    };
    expect(problems).toContainEqual({ code: 'holding', message: expect.stringContaining('--force') });
    const watch = await a.follow();
    await place.start('b', { listen: b.listening });
    await watch.until(async () => ((await codes(watch.client)).includes('holding') ? null : true), 'the end');
    expect(await a.ask('grove', 'status')).toMatchObject({ current_seq: 5 });
  });

  // g[verify leader.hold]
  it('publishes without having heard anybody when that is forced', async () => {
    place = createPlace();
    await (await restored()).stop();
    const a = await place.start('a');
    expect(await a.ask('grove', 'param', 'set', 'greeting', 'forced', '--force')).toMatchObject({ seq: 3 });
    expect(await codes((await a.follow()).client)).not.toContain('holding');
  });

  /** A grove of two at number 5, and the leader's directory as it was at 2. The leader is stopped. */
  async function restored(): Promise<Daemon> {
    const first = await place.start('a');
    const b = await place.start('b');
    await first.ask('grove', 'init', '--label', 'a');
    const { invite } = (await first.ask('grove', 'invite', b.fingerprint, 'b')) as { invite: string };
    await b.ask('grove', 'join', invite);
    await first.stop();
    cpSync(place.directory('a'), place.directory('backup'), { recursive: true });

    const watch = await b.follow();
    const second = await place.start('a');
    for (const value of ['first', 'second', 'third']) {
      await second.ask('grove', 'param', 'set', 'greeting', value);
    }
    await watch.event(({ type, seq }) => type === 'grove.payload-applied' && seq === 5, 'number 5');
    await second.stop();
    rmSync(place.directory('a'), { recursive: true });
    cpSync(place.directory('backup'), place.directory('a'), { recursive: true });
    return b;
  }
});

async function codes(client: OperatorClient): Promise<readonly string[]> {
  const answer = await client.request('/grove/status');
  if (!answer.ok) throw new Error(answer.reason.message);
  return (answer.value as unknown as { problems: { code: string }[] }).problems.map(({ code }) => code);
}
