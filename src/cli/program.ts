/** `seedling-ctl` as a function: its commands, its global options, and how whatever goes wrong becomes an exit code. */
import { Command, CommanderError } from 'commander';
import { type ClosableOperatorClient, OperatorError, packageVersion } from '../operator/index.ts';
import { addApplyCommand } from './commands/apply.ts';
import { addAppsCommands } from './commands/apps.ts';
import { addDebugCommands } from './commands/debug.ts';
import { addEventsCommands } from './commands/events.ts';
import { addGroveCommands } from './commands/grove.ts';
import { addHistoryCommands } from './commands/history.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addMachinesCommand } from './commands/machines.ts';
import { addMappingCommands } from './commands/mappings.ts';
import { addParamCommands } from './commands/params.ts';
import { addServerCommands } from './commands/server.ts';
import { connect, ownKeyFingerprint } from './connect.ts';
import { type CommandContext, type CtlIo, type GlobalOptions, requestOrFail } from './context.ts';
import { CtlError, type ExitCode, exitCodes } from './exit.ts';
import { example, type Run } from './help.ts';
import { createOutput, type Output } from './output.ts';

/** Runs one command line (without the program's name) and resolves with its exit code. Never rejects. */
export async function runCtl(argv: readonly string[], io: CtlIo): Promise<ExitCode> {
  let failure: unknown = null;
  let client: Promise<ClosableOperatorClient> | null = null;
  const program = createProgram(io, (action) => async (...given) => {
    // Commander hands over the arguments, the options, and the command itself.
    const command = given.pop() as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const context = createContext(io, options, outputFor(io, options.json === true), () => {
      client ??= connect(io, options);
      return client;
    });
    await action(context, ...(given as never[]));
  });
  const hangUp = (): void => void client?.then((connected) => connected.close()).catch(() => {});
  io.signal?.addEventListener('abort', hangUp);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    failure = error;
  }
  io.signal?.removeEventListener('abort', hangUp);
  await disposeOf(client);
  return failure === null ? exitCodes.done : report(failure, io, argv);
}

function createContext(
  io: CtlIo,
  options: GlobalOptions,
  output: Output,
  client: () => Promise<ClosableOperatorClient>,
): CommandContext {
  return {
    io,
    options,
    output,
    client: async () => client(),
    request: async (method, params = {}) => requestOrFail(await client(), method, params),
  };
}

/** A connection that never came about has been reported by the command that wanted it. */
async function disposeOf(client: Promise<ClosableOperatorClient> | null): Promise<void> {
  const connected = await client?.catch(() => null);
  await connected?.dispose();
}

function createProgram(io: CtlIo, run: Run): Command {
  const program = new Command('seedling-ctl');
  program
    .description('operates a grove node')
    .option('--data-dir <dir>', 'the node on this machine with this data directory')
    .option('--host <addr:port>', 'a node elsewhere, with your own key')
    .option('--fingerprint <hex>', 'with --host: the fingerprint the node must have')
    .option('--accept-new', 'with --host: take the fingerprint of a node not met before unseen')
    .option('--json', "print the node's answer as JSON, and errors as JSON on stderr")
    .version(packageVersion(), '--version', 'print the version and end')
    .helpOption('-h, --help', 'what a command does, with an example')
    .addHelpText(
      'after',
      example('seedling-ctl status', 'seedling-ctl --host 192.0.2.7:7891 --json grove peers'),
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addServerCommands(program, run);
  addEventsCommands(program, run);
  addKeysCommands(program, run);
  addInspectCommand(program, run);
  addMachinesCommand(program, run);
  addDebugCommands(program, run);
  const grove = program.command('grove').description('the grove this node is in, or is to be in');
  addGroveCommands(grove, run);
  addHistoryCommands(grove, run);
  addParamCommands(grove, run);
  addApplyCommand(grove, run);
  addMappingCommands(grove, run);
  addAppsCommands(program, run);
  return program;
}

function outputFor(io: CtlIo, json: boolean): Output {
  const noColor = (io.env.NO_COLOR ?? '') !== '' || io.env.TERM === 'dumb';
  return createOutput({ stdout: io.stdout, stderr: io.stderr, json, noColor });
}

// i[impl ctl.exit-codes]
function report(failure: unknown, io: CtlIo, argv: readonly string[]): ExitCode {
  if (failure instanceof CommanderError && failure.exitCode === 0) return exitCodes.done;
  const error = asCtlError(failure, io, argv);
  outputFor(io, argv.includes('--json')).error(error);
  return error.exitCode;
}

function asCtlError(failure: unknown, io: CtlIo, argv: readonly string[]): CtlError {
  if (failure instanceof CtlError) return failure;
  if (failure instanceof CommanderError) return usageErrorOf(failure);
  if (failure instanceof OperatorError) {
    const { failure: code, message } = failure;
    const hint = code === 'unauthorized' ? unauthorizedHint(io, argv) : '';
    return new CtlError(exitCodes.unreachable, code, message + hint, { cause: failure });
  }
  const message = failure instanceof Error ? failure.message : String(failure);
  return new CtlError(exitCodes.unreachable, 'failed', `seedling-ctl failed: ${message}`, { cause: failure });
}

function unauthorizedHint(io: CtlIo, argv: readonly string[]): string {
  const isHost = argv.some((word) => word === '--host' || word.startsWith('--host='));
  if (!isHost) return ': restart seedlingd, which reads local.key when it starts';
  return `: on the node run\n  seedling-ctl keys authorise ${ownKeyFingerprint(io.env)} YOUR-NAME`;
}

/** Commander starts its messages with `error: `, and shows the help instead of one when a subcommand is missing. */
function usageErrorOf(error: CommanderError): CtlError {
  const message =
    error.code === 'commander.help'
      ? 'a command is missing: see seedling-ctl --help'
      : `${error.message.replace(/^error: /, '')}\nsee --help of the command`;
  return new CtlError(exitCodes.usage, 'usage', message, { cause: error });
}
