/** What the demo is told on its command line. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';

export interface DemoOptions {
  /** End when the story is told, instead of at Ctrl-C. */
  readonly once: boolean;
  /** One JSON object on stdout, and nothing else there. */
  readonly json: boolean;
  /** Leave the nodes' directory behind. */
  readonly keep: boolean;
  /** Where the nodes keep their data; null: a temporary directory. Implies `keep`. */
  readonly directory: string | null;
  /** Changes made one after the other and timed. */
  readonly publishes: number;
  /** How long one step may take, in milliseconds. */
  readonly stepMsMax: number;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  /** Help that was asked for. */
  | { readonly kind: 'help'; readonly text: string }
  /** Wrong usage, with what would have been right. */
  | { readonly kind: 'wrong'; readonly text: string };

const publishesMax = 10_000;
const stepSecondsMax = 3_600;

export function parseArguments(argv: readonly string[]): ParsedArguments {
  let text = '';
  const command = createCommand((written) => {
    text += written;
  });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { kind: error.exitCode === 0 ? 'help' : 'wrong', text };
    throw error;
  }
  const given = command.opts<{
    once?: true;
    json?: true;
    keep?: true;
    dir?: string;
    publishes: number;
    timeout: number;
  }>();
  return {
    kind: 'run',
    options: {
      once: given.once === true,
      json: given.json === true,
      keep: given.keep === true || given.dir !== undefined,
      directory: given.dir ?? null,
      publishes: given.publishes,
      stepMsMax: given.timeout * 1_000,
    },
  };
}

function createCommand(write: (text: string) => void): Command {
  return new Command('npm start --')
    .description('Runs a grove of three nodes on this machine, shows what they do, and keeps them running.')
    .option('--once', 'end when everything was shown, instead of at Ctrl-C')
    .option('--json', 'print one line of JSON instead of text')
    .option('--keep', 'leave the temporary directory behind')
    .option('--dir <dir>', 'keep the nodes in this directory, which must be empty, and leave it behind')
    .option(
      '--publishes <n>',
      'changes to make one after the other and to time',
      wholeNumber(publishesMax),
      10,
    )
    .option('--timeout <seconds>', 'how long one step may take', wholeNumber(stepSecondsMax), 20)
    .addHelpText('after', '\nExample:\n  npm start --silent -- --once --json --publishes 50')
    .allowExcessArguments(false)
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
}

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,6}$/.test(text) && number >= 1 && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}
