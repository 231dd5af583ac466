/** Values that would like to be more than values, and commands that do not behave, on a real node. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp, type Member, Notes, request, settled, show, startGrove } from './apps-support.ts';
import { createPlace, type Place } from './support.ts';

let place: Place;
let node: Member;
beforeEach(async () => {
  place = createPlace();
  [node] = (await startGrove(place, 'a')) as [Member];
});
afterEach(() => place.clear());

describe('a hostile value', () => {
  // i[verify app.no-shell] g[verify mapping.incompatible]
  it('is passed as data or refused, and never interpreted', async () => {
    const { watch } = node;
    const trap = join(place.path, 'trapped');
    const notes = new Notes(place, 'web');
    const rendered = join(place.path, 'web.conf');
    const values: readonly [kind: string, value: string][] = [
      ['text', `$(touch ${trap})`],
      ['text', `\`touch ${trap}\`; touch ${trap} && touch ${trap} | touch ${trap} #`],
      ['text', `'; touch ${trap}; '`],
      ['text', `"; touch ${trap}; "`],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that it is no template is the point
      ['text', '-rf --help \\ {{greeting}} {{{motto}}} %s ${PATH} $PATH ~ *'],
      ['text', 'right to left \u202e gpj.exe \u2066 zero\u200bwidth'],
      ['multiline', `one\ntwo\n\n$(touch ${trap})\n`],
      ['multiline', 'x'.repeat(65_536)],
      ['text', '\u{1f600} tēnā koe — 你好'],
    ];
    const motto = { name: 'motto', kind: 'multiline' };
    await createApp(watch, 'web', notes.command, {
      params: [{ name: 'greeting', kind: 'multiline' }, motto],
      render: [{ target: rendered, template: '{{{greeting}}}' }],
    });
    await request(watch, '/grove/params/set', { name: 'hail', kind: 'text', value: 'first', force: true });
    await request(watch, '/grove/map', { app: 'web', app_param: 'greeting', grove_param: 'hail' });
    await settled(watch, 'web');
    for (const [kind, value] of values) {
      const before = notes.lines.length;
      await request(watch, '/grove/params/set', { name: 'hail', kind, value });
      await watch.until(async () => (notes.lines.length > before ? true : null), 'another run');
      expect((await settled(watch, 'web')).params[0]?.value).toBe(value);
      expect(notes.runs.at(-1)?.params.greeting).toBe(value);
      expect(readFileSync(rendered, 'utf8')).toBe(value);
    }
    const runs = notes.lines.length;
    for (const value of ['a\u0000b', 'a\u001b[31mb', 'a\u0007b']) {
      await request(watch, '/grove/params/set', { name: 'hail', kind: 'multiline', value });
      const state = await watch.until(async () => {
        const [mapping] = (await request(watch, '/grove/mappings')) as { state: string }[];
        return mapping?.state === 'pending' ? null : mapping?.state;
      }, 'a verdict');
      expect(state).toBe('incompatible');
    }
    const refused = await node.daemon.ctl('apps', 'param', 'set', 'web', 'motto', 'a\u0000b');
    expect(refused.exitCode).toBe(1);
    expect(notes.lines).toHaveLength(runs);
    expect(existsSync(trap)).toBe(false);
    for (const { msg } of node.daemon.log()) expect(msg).not.toContain('touch');
  });
});

describe('a command that does not behave', () => {
  const shell = (script: string) => ({ command: ['/bin/sh', '-c', script], timeout_ms: 400 });

  // g[verify actuation.isolated] g[verify actuation.problems] i[verify app.time-limit] i[verify app.output]
  it.each([
    ['hangs', shell('trap "" TERM; sleep 60'), /took longer than 0.4 s/],
    ['prints without end', shell('yes'), /took longer than 0.4 s/],
    ['forks away and hangs', shell('sleep 60 & sleep 60 & exec sleep 60'), /took longer than 0.4 s/],
    ['ends badly', shell('echo because >&2; exit 7'), /exited with 7/],
    ['kills itself', shell('kill -9 $$'), /SIGKILL/],
    ['cannot start', { command: ['/nonexistent/program'], timeout_ms: 400 }, /cannot start/],
  ])(
    'is bounded and reported, and the node and another app go on: it %s',
    async (_title, command, problem) => {
      const { watch } = node;
      const notes = new Notes(place, 'good');
      await createApp(watch, 'good', notes.command);
      await createApp(watch, 'bad', command);
      await request(watch, '/grove/params/set', { name: 'hail', kind: 'text', value: 'first', force: true });
      for (const app of ['bad', 'good'])
        await request(watch, '/grove/map', { app, app_param: 'greeting', grove_param: 'hail' });
      await settled(watch, 'good');
      expect(notes.brief).toEqual([['bound', ['first']]]);
      const finished = await watch.event(
        ({ type, app }) => type === 'OperationFinished' && app === 'bad',
        'the end of the bad one',
      );
      expect(finished).toMatchObject({ outcome: 'failed', detail: expect.stringMatching(problem) });
      const bad = await watch.until(async () => {
        const answer = await show(watch, 'bad');
        return answer.last_error === null ? null : answer;
      }, 'its error');
      expect(Buffer.byteLength(bad.operations.at(-1)?.output ?? '')).toBeLessThanOrEqual(4_096);
      const { problems } = (await request(watch, '/grove/status')) as {
        problems: { code: string; message: string }[];
      };
      expect(problems).toContainEqual({ code: 'app-failing', message: expect.stringMatching(problem) });
    },
  );
});
