/** Files, signals and units, on real files and real processes. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAppActions, createHookRunner } from '../../src/apps/index.ts';
import { systemClock } from '../../src/daemon/system-ports.ts';
import type { ActionOutcome, AppActions, RenderRequest } from '../../src/ports/index.ts';
import type { AppRender, AppRestart, AppSignal, AppValues } from '../../src/protocol/index.ts';
import { temporaryDirectory } from './fixture.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

function openActions(environment: NodeJS.ProcessEnv = process.env): AppActions {
  const runner = createHookRunner({ clock: systemClock, environment, node: `actions-${process.pid}` });
  onTestFinished(() => new Promise<void>((resolve) => runner.close(resolve)));
  return createAppActions({ runner });
}

function wanted(render: Partial<AppRender>, values: AppValues = {}): RenderRequest {
  return {
    app: 'web',
    render: { template: null, template_file: null, target: '', mode: null, ...render },
    values,
    secretNames: ['token'],
  };
}

function render(
  request: RenderRequest,
  actions: AppActions = openActions(),
): Promise<ActionOutcome<{ readonly changed: boolean }>> {
  return new Promise((resolve) => actions.renderFile(request, resolve));
}

const written = { ok: true, result: { changed: true } };
const unchanged = { ok: true, result: { changed: false } };

function refusedWith(kind: string, words: RegExp): object {
  return { ok: false, failure: { kind, message: expect.stringMatching(words) } };
}

describe('rendering a file', () => {
  // i[verify app.render]
  it('writes it when it differs, and not again when it does not', async () => {
    const target = join(temporaryDirectory(), 'site.conf');
    const request = (port: string): RenderRequest =>
      wanted({ template: 'listen {{port}};\n', target }, { port });
    expect(await render(request('80'))).toEqual(written);
    const first = statSync(target, { bigint: true });
    expect(await render(request('80'))).toEqual(unchanged);
    const second = statSync(target, { bigint: true });
    expect([second.ino, second.mtimeNs, second.ctimeNs]).toEqual([first.ino, first.mtimeNs, first.ctimeNs]);
    expect(await render(request('81'))).toEqual(written);
    expect(readFileSync(target, 'utf8')).toBe('listen 81;\n');
  });

  // i[verify app.render]
  it('keeps the mode of a file, sets the one that is asked for, and hides a new one with a secret in it', async () => {
    const directory = temporaryDirectory();
    const at = (name: string): string => join(directory, name);
    const modeOf = (name: string): number => statSync(at(name)).mode & 0o7777;
    writeFileSync(at('kept'), 'old');
    chmodSync(at('kept'), 0o640);
    await render(wanted({ template: '{{token}}', target: at('kept') }, { token: 't' }));
    await render(wanted({ template: '{{token}}', target: at('secret') }, { token: 't' }));
    await render(wanted({ template: '{{#token}}x{{/token}}', target: at('plain') }, { token: 't' }));
    await render(wanted({ template: 'x', target: at('asked'), mode: '0750' }));
    expect(['kept', 'secret', 'plain', 'asked'].map(modeOf)).toEqual([0o640, 0o600, 0o644, 0o750]);
    expect(await render(wanted({ template: 'x', target: at('asked'), mode: '0700' }))).toEqual(written);
    expect(modeOf('asked')).toBe(0o700);
    expect(await render(wanted({ template: 'x', target: at('asked') }))).toEqual(unchanged);
  });

  // i[verify app.render-atomic]
  it('is never seen half-done, and leaves nothing else behind', async () => {
    const directory = temporaryDirectory();
    const target = join(directory, 'big');
    const actions = openActions();
    const value = (digit: number): string => String(digit).repeat(65_536);
    const request = (digit: number): RenderRequest =>
      wanted({ template: '{{v-v}}'.repeat(16), target }, { 'v-v': value(digit) });
    await render(request(0), actions);
    let isDone = false;
    const writing = Promise.all(
      Array.from({ length: 20 }, (_, digit) => render(request(digit % 10), actions)),
    );
    void writing.then(() => {
      isDone = true;
    });
    let looks = 0;
    while (!isDone) {
      const text = readFileSync(target, 'latin1');
      expect(text.length).toBe(16 * 65_536);
      expect(new Set([text[0], text[500_000], text.at(-1)]).size).toBe(1);
      looks += 1;
      await new Promise((resolve) => systemClock.setTimeout(resolve, 0));
    }
    expect(looks).toBeGreaterThan(5);
    expect((await writing).every((outcome) => outcome.ok)).toBe(true);
    expect(readdirSync(directory)).toEqual(['big']);
  });

  // i[verify app.render-atomic]
  it('takes no symbolic link for its target, and follows none that is put in its way', async () => {
    const directory = temporaryDirectory();
    const outside = join(directory, 'outside');
    writeFileSync(outside, 'untouched');
    mkdirSync(join(directory, 'etc'));
    const target = join(directory, 'etc', 'conf');
    symlinkSync(outside, target);
    expect(await render(wanted({ template: 'x', target }))).toEqual(refusedWith('file', /symbolic link/));
    renameSync(target, join(directory, 'etc', 'gone'));
    // The name the new text is written under before it is moved.
    const mark = createHash('sha256').update('conf').digest('hex').slice(0, 16);
    symlinkSync(outside, join(directory, 'etc', `.grove-${mark}.new`));
    expect(await render(wanted({ template: 'z', target }))).toEqual(written);
    expect(readFileSync(target, 'utf8')).toBe('z');
    expect(lstatSync(target).isSymbolicLink()).toBe(false);
    expect(readFileSync(outside, 'utf8')).toBe('untouched');
  });

  it.runIf(isRoot)('keeps the owner, and writes nothing when it may not', async () => {
    const directory = temporaryDirectory();
    const target = join(directory, 'conf');
    writeFileSync(target, 'old');
    chownSync(target, 12_345, 23_456);
    expect(await render(wanted({ template: 'new', target }))).toEqual(written);
    expect(statSync(target)).toMatchObject({ uid: 12_345, gid: 23_456 });
    chmodSync(directory, 0o777);
    const outcome = await asNobody(() => render(wanted({ template: 'newer', target })));
    expect(outcome).toEqual(refusedWith('not_permitted', /belongs to 12345:23456/));
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(readdirSync(directory)).toEqual(['conf']);
  });

  // i[verify app.render]
  it('reads the template from a file each time', async () => {
    const directory = temporaryDirectory();
    const template_file = join(directory, 'conf.mustache');
    const target = join(directory, 'conf');
    const request = wanted({ template_file, target }, { port: '80' });
    expect(await render(request)).toEqual(refusedWith('file', /conf\.mustache cannot be read/));
    writeFileSync(template_file, 'port={{port}}\n');
    expect(await render(request)).toEqual(written);
    writeFileSync(template_file, '\nPORT={{pott}}\n');
    expect(await render(request)).toEqual(refusedWith('template', /conf\.mustache, line 2: .*no param pott/));
    writeFileSync(template_file, Buffer.from([0xff]));
    expect(await render(request)).toEqual(refusedWith('template', /not UTF-8/));
    writeFileSync(template_file, 'x'.repeat(300_000));
    expect(await render(request)).toEqual(refusedWith('file', /longer than 262144 bytes/));
    expect(readFileSync(target, 'utf8')).toBe('port=80\n');
  });

  it('refuses what is no plain file, and does not wait for a pipe', async () => {
    const directory = temporaryDirectory();
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    for (const name of ['pipe', '']) {
      const outcome = await render(wanted({ template: 'x', target: join(directory, name) }));
      expect(outcome).toEqual(refusedWith('file', /not a plain file/));
    }
    const target = join(directory, 'missing', 'conf');
    expect(await render(wanted({ template: 'x', target }))).toEqual(refusedWith('file', /does not exist/));
    expect(existsSync(join(directory, 'missing'))).toBe(false);
  });

  it('tells nobody after a cancel', async () => {
    const target = join(temporaryDirectory(), 'conf');
    const actions = openActions();
    let isCalled = false;
    actions.renderFile(wanted({ template: 'x', target }), () => {
      isCalled = true;
    })();
    await render(wanted({ template: 'y', target }), actions);
    expect(isCalled).toBe(false);
  });
});

describe('signalling a process', () => {
  const signal = (wish: Partial<AppSignal>): Promise<ActionOutcome<{ readonly pid: number }>> =>
    new Promise((resolve) =>
      openActions().signalProcess({ pid_file: '', signal: 'SIGHUP', process_name: null, ...wish }, resolve),
    );

  // i[verify app.signal]
  it('reaches the process the pid file names', async () => {
    const pid_file = join(temporaryDirectory(), 'pid');
    const child = spawn('/bin/sh', [
      '-c',
      "trap 'echo reload; exit' HUP; echo up; while :; do sleep 0.05; done",
    ]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (chunk) => {
        lines.push(String(chunk));
        resolve();
      }),
    );
    writeFileSync(pid_file, `${child.pid}\nsecond line\n`);
    expect(await signal({ pid_file })).toEqual({ ok: true, result: { pid: child.pid } });
    await ended;
    expect(lines.join('')).toBe('up\nreload\n');
    expect(await signal({ pid_file })).toEqual(refusedWith('no_process', /does not run/));
  });

  // i[verify app.signal]
  it.each(['', '0', '1', '-1', '-5', '12a', '99999999999', 'nginx', String(process.pid)])(
    'reaches nobody when the pid file holds %j',
    async (text) => {
      const pid_file = join(temporaryDirectory(), 'pid');
      writeFileSync(pid_file, text);
      expect(await signal({ pid_file, signal: 'SIGWINCH' })).toEqual(refusedWith('bad_pid', /first line/));
    },
  );

  // i[verify app.signal]
  it.runIf(process.platform === 'linux')(
    'reaches nobody when another program has the number now',
    async () => {
      const pid_file = join(temporaryDirectory(), 'pid');
      const child = spawn('sleep', ['600'], { stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      await new Promise((resolve) => child.once('spawn', resolve));
      writeFileSync(pid_file, `${child.pid}`);
      const stale = await signal({ pid_file, process_name: 'nginx', signal: 'SIGTERM' });
      expect(stale).toEqual(refusedWith('no_process', /is sleep and not nginx/));
      expect(child.exitCode ?? child.signalCode).toBeNull();
      expect(await signal({ pid_file, process_name: 'sleep', signal: 'SIGTERM' })).toMatchObject({
        ok: true,
      });
    },
  );

  it('needs the pid file', async () => {
    const pid_file = join(temporaryDirectory(), 'missing');
    expect(await signal({ pid_file })).toEqual(refusedWith('file', /does not exist/));
  });
});

describe('restarting a unit', () => {
  /** A directory for `PATH` in which `systemctl` is a script that does as it is told. */
  const restart = (script: string, wish: Partial<AppRestart> = {}): Promise<ActionOutcome<object>> => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'systemctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const actions = openActions({ PATH: `${directory}:${process.env.PATH}` });
    const asked: AppRestart = { unit: 'web.service', action: 'restart', timeout_ms: 5_000, ...wish };
    return new Promise((resolve) => actions.restartUnit({ id: 'restart-1', restart: asked }, resolve));
  };

  // i[verify app.restart]
  it('runs systemctl, with the unit where no option can be', async () => {
    expect(await restart('echo "$@"', { action: 'reload-or-restart' })).toMatchObject({
      ok: true,
      result: { exitCode: 0, output: '--no-ask-password reload-or-restart -- web.service\n' },
    });
  });

  // i[verify app.restart]
  it('reports how systemctl failed, with the first line of what it said', async () => {
    expect(await restart('echo "Unit web.service not found." >&2; echo more; exit 5')).toEqual(
      refusedWith(
        'exit',
        /^systemctl restart web\.service exited with 5: (Unit web\.service not found\.|more)$/,
      ),
    );
    expect(await restart('sleep 600', { timeout_ms: 200 })).toEqual(
      refusedWith('timeout', /longer than 200 ms/),
    );
  });

  it('reports that there is no systemctl', async () => {
    const actions = openActions({ PATH: temporaryDirectory() });
    const restartWish: AppRestart = { unit: 'web.service', action: 'restart', timeout_ms: 5_000 };
    const outcome = await new Promise((resolve) =>
      actions.restartUnit({ id: 'restart-2', restart: restartWish }, resolve),
    );
    expect(outcome).toEqual(refusedWith('cannot_start', /no program systemctl/));
  });
});

async function asNobody<Value>(act: () => Promise<Value>): Promise<Value> {
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
