/** Apps on three real nodes: a param of the grove changes what runs on the members, exactly as often as the rules say. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createApp,
  type Member,
  Notes,
  publish,
  request,
  settled,
  show,
  startGrove,
} from './apps-support.ts';
import { createPlace, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.clear());

const paramOf = (
  name: string,
  { params }: { readonly params: readonly { name: string; value: string | null }[] },
) => params.find((param) => param.name === name)?.value;

describe('a mapped param on three nodes', () => {
  // g[verify actuation.one-path] g[verify mapping.create] g[verify mapping.bound]
  it('follows the grove: value, generation and runs of on_change are as the rules say', async () => {
    const [leader, ...members] = (await startGrove(place, 'a', 'b', 'c')) as [Member, Member, Member];
    for (const [index, { daemon, watch }] of members.entries()) {
      const notes = new Notes(place, `web-${index}`);
      const ctl = (...argv: readonly string[]) => daemon.ctl(...argv);
      await createApp(watch, 'web', notes.command, {
        params: [{ name: 'greeting', default_value: 'hello' }],
      });
      const hail = `hail-${index}`;
      expect(await ctl('grove', 'map', 'web', 'greeting', hail)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`no param ${hail}`),
      });
      const publishes = async (value: string | null) => {
        await publish(leader.watch, watch, hail, value);
        return settled(watch, 'web');
      };
      await publishes('kia ora');
      expect((await show(watch, 'web')).generation).toBe(1);
      expect((await ctl('grove', 'map', 'web', 'greeting', hail)).exitCode).toBe(0);
      expect(await settled(watch, 'web')).toMatchObject({ generation: 2, params: [{ value: 'kia ora' }] });
      expect(await publishes('mōrena')).toMatchObject({ generation: 3, params: [{ value: 'mōrena' }] });
      await request(leader.watch, '/grove/params/set', { name: hail, value: 'mōrena', kind: 'text' });
      expect((await settled(watch, 'web')).generation).toBe(3);
      for (const argv of [
        ['set', 'web', 'greeting', 'mine'],
        ['unset', 'web', 'greeting'],
      ]) {
        const refused = await ctl('--json', 'apps', 'param', ...argv);
        expect([refused.exitCode, JSON.parse(refused.stderr)]).toMatchObject([
          1,
          { error: { code: 'requirements_invalid', details: { grove_param: hail } } },
        ]);
      }
      expect(await publishes(null)).toMatchObject({ generation: 4, params: [{ value: 'hello' }] });
      expect(await publishes('again')).toMatchObject({ generation: 5 });
      expect((await ctl('grove', 'unmap', 'web', 'greeting')).exitCode).toBe(0);
      expect(await publishes('unheard')).toMatchObject({ generation: 5, params: [{ value: 'again' }] });
      expect((await ctl('apps', 'param', 'set', 'web', 'greeting', 'mine')).exitCode).toBe(0);
      expect(await settled(watch, 'web')).toMatchObject({ generation: 6, params: [{ value: 'mine' }] });
      expect(notes.brief).toEqual([
        ['bound', ['kia ora']],
        ['changed', ['mōrena']],
        ['removed', ['hello']],
        ['changed', ['again']],
        ['operator', ['mine']],
      ]);
    }
  });

  // g[verify actuation.deferral] g[verify actuation.once-per-payload] g[verify actuation.restart]
  it('that runs long takes of five publishes the last, four together once, and after a restart none', async () => {
    const [leader, member] = (await startGrove(place, 'a', 'b')) as [Member, Member];
    const notes = new Notes(place, 'slow');
    const gate = join(place.path, 'gate');
    const four = new Notes(place, 'four');
    const names = ['one', 'two', 'three', 'four'];
    await createApp(member.watch, 'slow', notes.and('while [ ! -e "$1" ]; do sleep 0.02; done', gate));
    await createApp(member.watch, 'four', four.command, { params: names.map((name) => ({ name })) });
    await publish(leader.watch, member.watch, 'hail', 'first');
    const map = { app: 'slow', app_param: 'greeting', grove_param: 'hail' };
    await request(member.watch, '/grove/map', map);
    for (const value of ['second', 'third', 'fourth', 'fifth', 'sixth'])
      await publish(leader.watch, member.watch, 'hail', value);
    await member.watch.event(({ type }) => type === 'grove.param-deferred', 'a deferral');
    expect(paramOf('greeting', await show(member.watch, 'slow'))).toBe('first');
    writeFileSync(gate, '');
    expect(paramOf('greeting', await settled(member.watch, 'slow'))).toBe('sixth');
    expect(notes.brief).toEqual([
      ['bound', ['first']],
      ['changed', ['sixth']],
    ]);

    const apply = async (value: string) =>
      request(leader.watch, '/grove/params/apply', {
        set: names.map((name) => ({ name, kind: 'text', value })),
      });
    const { seq } = (await apply('a')) as { seq: number };
    await member.watch.event(
      ({ type, seq: at }) => type === 'grove.payload-applied' && at === seq,
      'the four',
    );
    for (const name of names) {
      await request(member.watch, '/grove/map', { app: 'four', app_param: name, grove_param: name });
      await settled(member.watch, 'four');
    }
    const next = ((await apply('b')) as { seq: number }).seq;
    await member.watch.event(
      ({ type, seq: at }) => type === 'grove.param-applied' && at === next,
      'them again',
    );
    await settled(member.watch, 'four');
    expect(four.brief).toHaveLength(5);
    expect(four.runs[4]?.changed.map(({ name }) => name).toSorted()).toEqual(names.toSorted());

    const { listening } = member.daemon;
    await member.daemon.stop();
    const again = await place.start('b', { listen: listening });
    const watch = await place.follow(again);
    await publish(leader.watch, watch, 'other', 'x');
    await settled(watch, 'four');
    expect([notes.brief.length, four.brief.length]).toEqual([2, 5]);
  });
});

describe('secret params', () => {
  const secret = 'correct-horse-battery-staple';

  // g[verify apps.secret-hidden] i[verify app.secrets-at-rest]
  it('are in no file, log, event or answer of the node, and reach the command', async () => {
    const [{ daemon, watch }] = (await startGrove(place, 'a')) as [Member];
    const notes = new Notes(place, 'web');
    await createApp(watch, 'web', notes.and('echo "it is $PARAM_KEY"'), {
      params: [{ name: 'key', kind: 'password' }],
    });
    await daemon.ask('apps', 'param', 'set', 'web', 'key', secret);
    const answer = await settled(watch, 'web');
    expect(notes.runs[0]?.params.key).toBe(secret);
    expect(answer.operations[0]?.output).toBe('it is [secret]\n');
    const seen = [JSON.stringify(answer), JSON.stringify(watch.events), daemon.stderr.join('\n')];
    for (const argv of [['apps', 'list'], ['events'], ['status']])
      seen.push(JSON.stringify(await daemon.ctl('--json', ...argv)));
    await daemon.stop();
    for (const file of readdirSync(daemon.dataDir))
      seen.push(readFileSync(join(daemon.dataDir, file), 'latin1'));
    for (const text of seen) expect(text).not.toContain(secret);
  });
});
