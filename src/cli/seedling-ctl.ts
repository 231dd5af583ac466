#!/usr/bin/env node
/** The program `seedling-ctl`: the command line around this process's own streams. */
import { exitCodes } from './exit.ts';
import { runCtl } from './program.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    interrupted.abort();
    // Whatever does not end by itself, a question on the terminal for one.
    setTimeout(() => process.exit(130), 1_000).unref();
  });
}
// A reader that has seen enough (`| head`) is no failure; an answer that is nowhere to be read is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  process.stderr.write(`error: the answer cannot be written: ${error.message}\n`);
  process.exit(exitCodes.unreachable);
});
// Nobody reads why it failed: the exit code still says that it did.
process.stderr.on('error', () => {});

const { stdout, stderr, stdin, env } = process;
process.exitCode = await runCtl(process.argv.slice(2), {
  stdout,
  stderr,
  stdin,
  env,
  signal: interrupted.signal,
});
// Standard input may still be open, and would keep the process.
stdin.destroy();
