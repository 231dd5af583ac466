/** Real programs that do what no program should: each is bounded, reported, and leaves nothing behind. */
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHookRunner } from '../../src/apps/index.ts';
import { systemClock } from '../../src/daemon/system-ports.ts';
import type { Clock, HookEnd, HookRun, HookRunner } from '../../src/ports/index.ts';
import {
  appParamsMax,
  commandBytesMax,
  hookEnvironment,
  hookKillGraceMs,
  hookOutputBytesMax,
  hookVariableBytesMax,
} from '../../src/protocol/index.ts';
import { type Heard, hookRun, listen } from '../contract/hook-runner-contract.ts';
import { ManualClock } from '../machines/manual-clock.ts';
import { fasterClock, temporaryDirectory } from './fixture.ts';

const isLinux = process.platform === 'linux';

function openRunner(clock: Clock = systemClock, environment: NodeJS.ProcessEnv = process.env): HookRunner {
  const runner = createHookRunner({ clock, environment, node: `test-${process.pid}` });
  onTestFinished(() => new Promise<void>((resolve) => runner.close(resolve)));
  return runner;
}

/** Standard input as a file in memory, and as it is where there is no such file system. */
const memories = ['/dev/shm', '/nonexistent'];

function shell(script: string, more: Partial<HookRun> = {}): HookRun {
  return hookRun({ command: ['/bin/sh', '-c', script], ...more });
}

async function endOf(runner: HookRunner, run: HookRun): Promise<HookEnd> {
  const last = await listen(runner, run).over;
  if (last.type !== 'ended') throw new Error(`did not start: ${JSON.stringify(last)}`);
  return last.end;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isLinux || !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Time that passes when a test says so; `close` of a runner must not wait for it. */
function stepped(manual: ManualClock): Clock {
  return {
    setTimeout: (callback, delayMs) =>
      delayMs === 0 ? systemClock.setTimeout(callback, 0) : manual.setTimeout(callback, delayMs),
    clearTimeout: (handle) =>
      typeof handle === 'number' ? manual.clearTimeout(handle) : systemClock.clearTimeout(handle),
    now: () => manual.now(),
    monotonicMs: () => manual.now(),
  };
}

/** For what no event tells: asks again, at most some seconds. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let look = 0; look < 1_000 && !isTrue(); look += 1)
    await new Promise((resolve) => systemClock.setTimeout(resolve, 5));
  expect(isTrue()).toBe(true);
}

const untilDead = (pid: number): Promise<void> => until(() => !isAlive(pid));

describe('what a command sees', () => {
  // i[verify app.environment]
  it('sees nothing of the node’s environment but what is harmless', async () => {
    const environment = {
      PATH: process.env.PATH,
      HOME: '/srv/node',
      LANG: 'mi_NZ.UTF-8',
      TZ: 'Pacific/Auckland',
      AWS_SECRET_ACCESS_KEY: 'hidden',
      LD_PRELOAD: '/tmp/hidden.so',
      NODE_OPTIONS: '--inspect',
      SEEDLING_DATA_DIR: '/hidden',
    };
    const run = hookRun({ command: ['env'], environment: { PARAM_PORT: '80' }, id: 'seen' });
    const { output } = await endOf(openRunner(systemClock, environment), run);
    expect(output.trim().split('\n').sort()).toEqual([
      `GROVE_RUN=test-${process.pid}/seen`,
      'HOME=/srv/node',
      'LANG=mi_NZ.UTF-8',
      'PARAM_PORT=80',
      `PATH=${process.env.PATH}`,
      'TZ=Pacific/Auckland',
    ]);
  });

  // i[verify app.no-shell]
  it('gets its arguments as they are: no shell reads them', async () => {
    const directory = temporaryDirectory();
    const argument = `$(touch ${directory}/made) \`touch ${directory}/made\`; touch ${directory}/made\n*"'`;
    const { output } = await endOf(openRunner(), hookRun({ command: ['printf', '%s', argument] }));
    expect(output).toBe(argument);
    expect(existsSync(join(directory, 'made'))).toBe(false);
  });

  it('starts in the root directory, or where it is told', async () => {
    const workingDirectory = temporaryDirectory();
    expect((await endOf(openRunner(), hookRun({ command: ['pwd'] }))).output).toBe('/\n');
    const told = await endOf(openRunner(), hookRun({ command: ['pwd', '-P'], workingDirectory }));
    expect(told.output.trim().endsWith(workingDirectory)).toBe(true);
  });

  it.runIf(isLinux)('has no descriptor of the node but its own three', async () => {
    const open = 'for n in 3 4 5 6 7 8 9 1 2; do [ -e /proc/self/fd/$n ] && printf "%s " $n; done';
    const nodes = new Set(readdirSync('/dev/fd'));
    expect(nodes.size).toBeGreaterThan(3);
    const { output } = await endOf(openRunner(), shell(`${open}; true`));
    expect(output).toBe('1 2 ');
  });
});

describe('input', () => {
  const withMemory = (memoryDirectory: string): HookRunner =>
    createHookRunner({ clock: systemClock, environment: process.env, node: 'input', memoryDirectory });
  const scripts = ['true', 'exec <&-; true', 'head -c 1 >/dev/null'];

  // i[verify app.stdin]
  it.each(memories.flatMap((memory) => scripts.map((script) => [memory, script] as const)))(
    'may be left unread, with memory at %s: %s',
    async (memory, script) => {
      const stdin = new Uint8Array(5_000_000).fill(0x61);
      for (let round = 0; round < 10; round += 1) {
        const end = await endOf(withMemory(memory), shell(script, { stdin }));
        expect(end).toMatchObject({ exitCode: 0, output: '' });
      }
    },
  );

  // i[verify app.stdin]
  it.runIf(isLinux)('can be opened by its name, and was never on a disk', async () => {
    const script = 'cat /dev/stdin; readlink /proc/self/fd/0';
    const { output } = await endOf(
      openRunner(),
      shell(script, { stdin: new TextEncoder().encode('{"a":1}\n') }),
    );
    expect(output).toMatch(/^\{"a":1\}\n\/dev\/shm\/grove-[0-9a-f]{24} \(deleted\)\n$/);
  });

  // i[verify app.stdin]
  it.each(memories)('arrives whole, whatever its size, with memory at %s', async (memory) => {
    const stdin = new Uint8Array(5_000_000).fill(0x61);
    expect((await endOf(withMemory(memory), shell('wc -c', { stdin }))).output.trim()).toBe('5000000');
  });
});

describe('a command that cannot start', () => {
  const failureOf = async (run: HookRun): Promise<Heard> => listen(openRunner(), run).over;

  // i[verify app.start-failure]
  it('is told apart: no program, no right, no interpreter, no directory', async () => {
    const directory = temporaryDirectory();
    const script = join(directory, 'hook');
    writeFileSync(script, '#!/nonexistent/interpreter\n');
    const of = (kind: string, words: RegExp): object => ({
      type: 'cannotStart',
      failure: { kind, message: expect.stringMatching(words) },
    });
    expect(await failureOf(hookRun({ command: ['no-such-program'] }))).toMatchObject(
      of('not_found', /in PATH/),
    );
    expect(await failureOf(hookRun({ command: [script] }))).toMatchObject(of('not_permitted', /chmod \+x/));
    chmodSync(script, 0o755);
    expect(await failureOf(hookRun({ command: [script] }))).toMatchObject(of('not_found', /interpreter/));
    const elsewhere = hookRun({ command: ['true'], workingDirectory: join(directory, 'missing') });
    expect(await failureOf(elsewhere)).toMatchObject(of('bad_directory', /missing does not exist/));
  });

  // i[verify app.start-bounds]
  it('has more variables than the bound, and none is left out in silence', async () => {
    const environment = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`PARAM_${index}`, 'x'.repeat(4_096)]),
    );
    expect(await failureOf(hookRun({ command: ['true'], environment }))).toMatchObject({
      failure: { kind: 'too_big', message: expect.stringContaining('at most 1000000') },
    });
  });

  // i[verify app.start-bounds]
  it('is none of an app of full size', async () => {
    const names = Array.from({ length: appParamsMax }, (_, index) => `p${'x'.repeat(58)}${1_000 + index}`);
    const largest = 'x'.repeat(hookVariableBytesMax);
    const environment = hookEnvironment({
      app: 'web',
      operation: 'on_change',
      reason: 'changed',
      groveSeq: Number.MAX_SAFE_INTEGER,
      values: Object.fromEntries(names.map((name) => [name, largest])),
      changes: [{ name: names.join('').slice(0, 63), old_value: largest, new_value: largest }],
    });
    const words = ['x'.repeat(commandBytesMax - 'true'.length - 2)];
    const end = await endOf(openRunner(), hookRun({ command: ['true', ...words], environment }));
    expect(end).toMatchObject({ exitCode: 0 });
    expect(Object.keys(environment)).toHaveLength(appParamsMax + 7);
  });
});

describe('a command that does not end', () => {
  // i[verify app.time-limit]
  it('is killed when it ignores SIGTERM, with all of its group', async () => {
    const script = "trap '' TERM; sleep 600 & echo $!; while :; do sleep 1; done";
    const end = await endOf(openRunner(fasterClock(20)), shell(script, { timeoutMs: 10_000 }));
    expect(end).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true });
    await untilDead(Number(end.output));
  });

  // i[verify app.time-limit]
  it('has failed when it exits with 0 after its time limit', async () => {
    const script = "trap 'exit 0' TERM; sleep 600 & wait";
    expect(await endOf(openRunner(), shell(script, { timeoutMs: 300 }))).toMatchObject({
      exitCode: 0,
      timedOut: true,
    });
  });

  // i[verify app.cancel]
  it('is stopped by a cancel', async () => {
    const runner = openRunner();
    const { started, cancel, heard } = listen(runner, shell('sleep 600'));
    const pid = await started;
    cancel();
    await untilDead(pid);
    expect(heard).toEqual([{ type: 'started', pid }]);
  });
});

describe('a command that nothing ends', () => {
  // i[verify app.time-limit]
  it('ends its run all the same, and is not heard of again', async () => {
    const manual = new ManualClock();
    const clock = stepped(manual);
    const ready = join(temporaryDirectory(), 'ready');
    const runner = openRunner(clock);
    const script = `trap '' TERM; touch ${ready}; while :; do sleep 1; done`;
    const { heard, over, started } = listen(runner, shell(script, { timeoutMs: 5_000 }));
    const pid = await started;
    await until(() => existsSync(ready));
    // In one turn, so that the news of its death cannot arrive between: as if SIGKILL did nothing.
    manual.advance(5_000 + 2 * hookKillGraceMs - 1);
    expect(heard.map(({ type }) => type)).toEqual(['started']);
    manual.advance(1);
    expect(await over).toMatchObject({
      end: { exitCode: null, signal: null, timedOut: true, leftBehind: true, durationMs: 9_000 },
    });
    await untilDead(pid);
    expect(heard).toHaveLength(2);
    expect(manual.pending).toBe(0);
  });
});

describe.runIf(isLinux)('a command that forks away', () => {
  const away = 'setsid sleep 600 & echo $!;';

  // i[verify app.left-behind]
  it('ends although the process it left holds its output open; that process lives on and is reported', async () => {
    const end = await endOf(openRunner(), shell(`${away} exit 0`));
    const pid = Number(end.output);
    try {
      expect(end).toMatchObject({ exitCode: 0, timedOut: false, leftBehind: true });
      expect(isAlive(pid)).toBe(true);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    await untilDead(pid);
  });

  // i[verify app.left-behind]
  it('loses what it left in its own group', async () => {
    const end = await endOf(openRunner(), shell('sleep 600 >/dev/null 2>&1 </dev/null & echo $!; exit 0'));
    expect(end).toMatchObject({ exitCode: 0, leftBehind: true });
    await untilDead(Number(end.output));
  });

  // i[verify app.left-behind]
  it('leaves a daemon alone that let go of everything', async () => {
    const end = await endOf(
      openRunner(),
      shell('setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!; exit 0'),
    );
    const pid = Number(end.output);
    try {
      expect(end).toMatchObject({ exitCode: 0, leftBehind: false });
      expect(isAlive(pid)).toBe(true);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  // i[verify app.time-limit]
  it('does not save what it left from the time limit', async () => {
    const end = await endOf(openRunner(), shell(`${away} sleep 600`, { timeoutMs: 300 }));
    expect(end).toMatchObject({ timedOut: true, leftBehind: true });
    await untilDead(Number(end.output));
  });

  // i[verify app.leftover]
  it('is found after the node that started it has gone, wherever it went', async () => {
    const ready = join(temporaryDirectory(), 'ready');
    const script = `setsid sh -c 'touch ${ready}; exec sleep 600' & sleep 600`;
    const { over } = listen(openRunner(), shell(script, { id: 'interrupted' }));
    await until(() => existsSync(ready));
    const killed = new Promise((resolve) => openRunner().stopLeftover('interrupted', resolve));
    expect(await killed).toBe(3);
    const last = await over;
    expect(last).toMatchObject({ end: { signal: 'SIGKILL', timedOut: false } });
  });

  it('is not taken for the run of another node', async () => {
    const { started, heard, cancel } = listen(openRunner(), shell('sleep 600', { id: 'shared-id' }));
    await started;
    const stranger = createHookRunner({ clock: systemClock, environment: {}, node: 'stranger' });
    expect(await new Promise((resolve) => stranger.stopLeftover('shared-id', resolve))).toBe(0);
    expect(heard).toHaveLength(1);
    cancel();
  });
});

describe('a command that prints without end', () => {
  // i[verify app.output]
  it('is kept to the bound, and leaves the node free', async () => {
    const before = process.cpuUsage();
    const end = await endOf(openRunner(), shell('exec yes kia-ora', { timeoutMs: 1_000 }));
    const { user, system } = process.cpuUsage(before);
    expect(end).toMatchObject({ timedOut: true, outputTruncated: true });
    expect(end.output.length).toBeLessThan(hookOutputBytesMax + 100);
    expect((user + system) / 1_000).toBeLessThan(600);
  });

  it('is not cut in the middle by the bound on what is read at once', async () => {
    const end = await endOf(openRunner(), shell('seq 1 400000; echo last >&2'));
    expect(end).toMatchObject({ exitCode: 0, outputTruncated: true });
    expect(end.output.startsWith('1\n2\n3\n')).toBe(true);
    expect(end.output).toContain('\n400000\n');
    expect(end.output).toContain('last\n');
  });
});

describe('many runs', () => {
  it('leave no descriptor, no zombie, no timer and no listener', async () => {
    const runner = openRunner();
    const resources = (): number => process.getActiveResourcesInfo().length;
    const descriptors = (): number => readdirSync('/dev/fd').length;
    await endOf(runner, shell('cat', { stdin: new Uint8Array(100) }));
    const before = { resources: resources(), descriptors: descriptors() };
    for (let batch = 0; batch < 50; batch += 1) {
      const kinds = [
        shell('cat', { stdin: new Uint8Array(100) }),
        shell('exit 3'),
        shell('kill -9 $$'),
        shell('sleep 600', { timeoutMs: 20 }),
        hookRun({ command: ['/nonexistent'] }),
      ];
      const runs = [...kinds, ...kinds.map((run) => ({ ...run, id: `${run.id}-again` }))];
      await Promise.all(runs.map((run) => listen(runner, run).over));
    }
    await new Promise((resolve) => systemClock.setTimeout(resolve, 0));
    expect(descriptors()).toBeLessThanOrEqual(before.descriptors);
    expect(resources()).toBeLessThanOrEqual(before.resources);
    if (isLinux) expect(childrenOf(process.pid)).toEqual([]);
    // 500 processes: on a busy machine they take their time.
  }, 180_000);
});

/** Zombies included. */
function childrenOf(pid: number): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    });
}
