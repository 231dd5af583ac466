/** What every hook runner promises, whether processes stand behind it or a simulation. Run it on each implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HookEnd, HookRun, HookRunner, HookStartFailure } from '../../src/ports/index.ts';
import { hookOutputBytesMax } from '../../src/protocol/index.ts';

/** Commands that behave as their names say. */
export interface Programs {
  readonly succeed: readonly string[];
  /** Exits with 7. */
  readonly fail: readonly string[];
  readonly missing: readonly string[];
  /** Does not end by itself; ends at SIGTERM. */
  readonly hang: readonly string[];
  /** Prints all of its standard input. */
  readonly echoInput: readonly string[];
  /** Prints the value of the variable `GREETING`. */
  readonly printGreeting: readonly string[];
}

export interface HookRunnerUnderTest {
  readonly runner: HookRunner;
  readonly programs: Programs;
  /** Lets time pass, as this implementation does it, until `promise` is settled. */
  until<Value>(promise: Promise<Value>): Promise<Value>;
  dispose(): Promise<void>;
}

export type Heard =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'cannotStart'; readonly failure: HookStartFailure }
  | { readonly type: 'ended'; readonly end: HookEnd };

export interface Listening {
  /** Everything the handler was called with, in order. */
  readonly heard: readonly Heard[];
  readonly started: Promise<number>;
  /** Settles with the last call there may be. */
  readonly over: Promise<Heard>;
  readonly cancel: () => void;
}

let runsMade = 0;

export function hookRun(run: Partial<HookRun> & Pick<HookRun, 'command'>): HookRun {
  runsMade += 1;
  return {
    id: `run-${runsMade}`,
    environment: {},
    stdin: new Uint8Array(),
    timeoutMs: 20_000,
    workingDirectory: null,
    secrets: [],
    ...run,
  };
}

export function listen(runner: HookRunner, run: HookRun): Listening {
  const heard: Heard[] = [];
  let isCalled = false;
  let heardStart: (pid: number) => void;
  let heardLast: (last: Heard) => void;
  const started = new Promise<number>((resolve) => {
    heardStart = resolve;
  });
  const over = new Promise<Heard>((resolve) => {
    heardLast = resolve;
  });
  const hear = (event: Heard): void => {
    isCalled = true;
    heard.push(event);
    if (event.type === 'started') heardStart(event.pid);
    else heardLast(event);
  };
  const cancel = runner.run(run, {
    started: (pid) => hear({ type: 'started', pid }),
    cannotStart: (failure) => hear({ type: 'cannotStart', failure }),
    ended: (end) => hear({ type: 'ended', end }),
  });
  expect(isCalled).toBe(false);
  return { heard, started, over, cancel };
}

export function hookRunnerContract(name: string, make: () => HookRunnerUnderTest): void {
  describe(`the hook runner contract, kept by ${name}`, () => {
    let tested: HookRunnerUnderTest;
    beforeEach(() => {
      tested = make();
    });
    afterEach(() => tested.dispose());

    const finish = async (run: HookRun): Promise<readonly Heard[]> => {
      const { heard, over } = listen(tested.runner, run);
      await tested.until(over);
      return heard;
    };

    it('reports the start and then the end of a run', async () => {
      const heard = await finish(hookRun({ command: tested.programs.succeed }));
      expect(heard).toEqual([
        { type: 'started', pid: expect.any(Number) },
        {
          type: 'ended',
          end: {
            exitCode: 0,
            signal: null,
            timedOut: false,
            output: '',
            outputTruncated: false,
            leftBehind: false,
            durationMs: expect.any(Number),
          },
        },
      ]);
    });

    it('reports the exit code of a run that fails', async () => {
      const [, last] = await finish(hookRun({ command: tested.programs.fail }));
      expect(last).toMatchObject({ type: 'ended', end: { exitCode: 7, signal: null, timedOut: false } });
    });

    it('reports a program that is missing, and no end', async () => {
      const heard = await finish(hookRun({ command: tested.programs.missing }));
      expect(heard).toEqual([
        { type: 'cannotStart', failure: { kind: 'not_found', message: expect.any(String) } },
      ]);
    });

    it('refuses a command that is no command', async () => {
      for (const command of [[], [''], ['true', 'a\0b']]) {
        expect(await finish(hookRun({ command }))).toMatchObject([
          { type: 'cannotStart', failure: { kind: 'bad_command' } },
        ]);
      }
    });

    it('refuses an argument the kernel would not take', async () => {
      const command = [...tested.programs.succeed, 'x'.repeat(200_000)];
      expect(await finish(hookRun({ command }))).toMatchObject([
        { type: 'cannotStart', failure: { kind: 'too_big' } },
      ]);
    });

    it('ends a run at its time limit', async () => {
      const [, last] = await finish(hookRun({ command: tested.programs.hang, timeoutMs: 100 }));
      expect(last).toMatchObject({
        type: 'ended',
        end: { exitCode: null, signal: 'SIGTERM', timedOut: true },
      });
    });

    it('hands over standard input and environment', async () => {
      const stdin = new TextEncoder().encode('kia ora\n$(id)');
      const [, echoed] = await finish(hookRun({ command: tested.programs.echoInput, stdin }));
      expect(echoed).toMatchObject({ type: 'ended', end: { output: 'kia ora\n$(id)' } });
      const environment = { GREETING: '`id` "$HOME"\n' };
      const [, printed] = await finish(hookRun({ command: tested.programs.printGreeting, environment }));
      expect(printed).toMatchObject({ type: 'ended', end: { output: environment.GREETING } });
    });

    it('keeps the beginning and the end of a long output', async () => {
      const text = `first ${'.'.repeat(4 * hookOutputBytesMax)} last`;
      const stdin = new TextEncoder().encode(text);
      const [, last] = await finish(hookRun({ command: tested.programs.echoInput, stdin }));
      const { output, outputTruncated } =
        last?.type === 'ended' ? last.end : { output: '', outputTruncated: false };
      expect(outputTruncated).toBe(true);
      expect(output.startsWith('first ...')).toBe(true);
      expect(output.endsWith('... last')).toBe(true);
      expect(output).toContain(`[… ${text.length - hookOutputBytesMax} bytes left out …]`);
      expect(output.length).toBeLessThan(hookOutputBytesMax + 100);
    });

    it('takes secrets out of the output', async () => {
      const stdin = new TextEncoder().encode('user=a password=hunter2!\n');
      const secrets = ['hunter2!'];
      const [, last] = await finish(hookRun({ command: tested.programs.echoInput, stdin, secrets }));
      expect(last).toMatchObject({ end: { output: 'user=a password=[secret]\n' } });
    });

    it('says nothing any more after a cancel', async () => {
      const hanging = listen(tested.runner, hookRun({ command: tested.programs.hang }));
      await tested.until(hanging.started);
      hanging.cancel();
      hanging.cancel();
      await tested.until(new Promise<void>((resolve) => tested.runner.close(resolve)));
      expect(hanging.heard.map(({ type }) => type)).toEqual(['started']);
    });

    it('can be cancelled before it started', async () => {
      const { heard, cancel } = listen(tested.runner, hookRun({ command: tested.programs.succeed }));
      cancel();
      await tested.until(new Promise<void>((resolve) => tested.runner.close(resolve)));
      expect(heard).toEqual([]);
    });

    it('refuses runs once it is closed, and can be closed again', async () => {
      const close = (): Promise<void> => new Promise((resolve) => tested.runner.close(resolve));
      await tested.until(close());
      await tested.until(close());
      expect(await finish(hookRun({ command: tested.programs.succeed }))).toMatchObject([
        { type: 'cannotStart', failure: { kind: 'shutting_down' } },
      ]);
    });

    it('finds nothing left of a run that is over', async () => {
      const run = hookRun({ command: tested.programs.succeed });
      await finish(run);
      const killed = new Promise<number>((resolve) => tested.runner.stopLeftover(run.id, resolve));
      expect(await tested.until(killed)).toBe(0);
    });
  });
}
