/**
 * What the daemon is told: the command line, then the environment (`SEEDLING_…`), then a config file in YAML or JSON,
 * then defaults. Each source is checked before any is used.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { defaultDataDirectory, packageVersion } from '../operator/index.ts';
import {
  type AddressKind,
  announceFirstBytesMax,
  parseAddress,
  versionLineBytesMax,
} from '../protocol/index.ts';
import { listenMax } from '../transport/index.ts';
import {
  addInspectorOptions,
  type InspectorOptionsGiven,
  inspectorFromEnvironment,
  inspectorFromLine,
  inspectorOf,
  inspectorSchemas,
  truth,
} from './inspector-configuration.ts';
import { type LogLevel, logLevels } from './log.ts';
import { listenDefault } from './node.ts';
import type { InspectorSettings } from './node-inspector.ts';

export const configFileName = 'seedling.yaml';
const configBytesMax = 65_536;

export interface Configuration {
  readonly dataDir: string;
  readonly listen: readonly string[];
  readonly advertise: readonly string[];
  readonly logLevel: LogLevel;
  readonly strictTimestampWindow: boolean;
  readonly announceFirstBytes: number;
  /** Absent: no page is served. */
  readonly inspector?: InspectorSettings;
}

/** Wrong usage: the message is for a person. `shown`: it is help that was asked for, not a mistake. */
export class ConfigurationError extends Error {
  readonly shown: boolean;

  constructor(message: string, shown = false) {
    super(message);
    this.name = 'ConfigurationError';
    this.shown = shown;
  }
}

const listenSchema = z
  .string()
  .refine((text) => parseAddress(text, 0) !== null, 'must be IP:PORT or [IP]:PORT, such as 0.0.0.0:7891')
  .refine(
    (text) => !isOneOf(text, ['multicast', 'broadcast']),
    'is nobody’s address: nothing can answer from it',
  );
/** What members would not dial anyway, whoever names it to them. */
const advertiseSchema = z
  .string()
  .refine((text) => parseAddress(text) !== null, 'must be IP:PORT or [IP]:PORT with the port others dial')
  .refine((text) => isOneOf(text, ['unicast', 'loopback']), 'is no address that others can dial');

/** What is no address at all has been refused before. */
function isOneOf(text: string, kinds: readonly AddressKind[]): boolean {
  const address = parseAddress(text, 0);
  return address !== null && kinds.includes(address.kind);
}

// i[impl daemon.configuration]
const settingsSchema = z.strictObject({
  listen: z
    .array(listenSchema, 'must be a list of addresses')
    .min(1, 'names no address')
    .max(listenMax, `has more than ${listenMax} addresses`)
    .optional(),
  advertise: z
    .array(advertiseSchema, 'must be a list of addresses')
    .max(listenMax, `has more than ${listenMax} addresses`)
    .optional(),
  log_level: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).optional(),
  strict_timestamp_window: z.boolean('must be true or false').optional(),
  announce_first_bytes: z.int('must be a whole number of bytes').min(0).max(versionLineBytesMax).optional(),
  ...inspectorSchemas,
});
type Settings = z.infer<typeof settingsSchema>;

type Environment = { readonly [name: string]: string | undefined };

/** Throws `ConfigurationError`. */
export function readConfiguration(
  argv: readonly string[],
  environment: Environment,
  userId: number | undefined,
): Configuration {
  const line = readCommandLine(argv);
  const dataDir = line.dataDir ?? defaultDataDirectory(environment, userId);
  const fromLine = check(line.settings, 'the command line');
  const fromEnvironment = check(readEnvironment(environment), 'the environment');
  const fromFile = readFile(line.config ?? nonEmpty(environment['SEEDLING_CONFIG']), dataDir);
  const settings: Settings = { ...fromFile, ...fromEnvironment, ...fromLine };
  const inspector = inspectorOf(settings);
  if (typeof inspector === 'string') throw new ConfigurationError(inspector);
  return {
    dataDir,
    listen: settings.listen ?? [listenDefault],
    advertise: settings.advertise ?? [],
    logLevel: settings.log_level ?? 'info',
    strictTimestampWindow: settings.strict_timestamp_window ?? false,
    announceFirstBytes: settings.announce_first_bytes ?? announceFirstBytesMax,
    ...inspector,
  };
}

interface CommandLine {
  readonly dataDir: string | undefined;
  readonly config: string | undefined;
  readonly settings: object;
}

function readCommandLine(argv: readonly string[]): CommandLine {
  let text = '';
  const command = daemonCommand()
    .exitOverride()
    .configureOutput({ writeOut: (out) => (text += out), writeErr: (out) => (text += out) });
  addInspectorOptions(command);
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new ConfigurationError(text.trimEnd().replace(/^error: /, ''), error.exitCode === 0);
  }
  const options = command.opts<
    {
      dataDir?: string;
      listen?: string[];
      advertise?: string[];
      config?: string;
      logLevel?: string;
      strictTimestampWindow?: boolean;
      announceFirstBytes?: number;
    } & InspectorOptionsGiven
  >();
  const { dataDir, config } = options;
  if (dataDir === '') throw new ConfigurationError('--data-dir names no directory');
  const settings = {
    listen: options.listen,
    advertise: options.advertise,
    log_level: options.logLevel,
    strict_timestamp_window: options.strictTimestampWindow,
    announce_first_bytes: options.announceFirstBytes,
    ...inspectorFromLine(options),
  };
  return { dataDir, config, settings: defined(settings) };
}

function daemonCommand(): Command {
  const collect = (value: string, earlier: string[] | undefined) => [...(earlier ?? []), value];
  return new Command('seedlingd')
    .description('Runs a Grove node: it shares signed settings with the other members of its grove.')
    .version(packageVersion())
    .addOption(
      new Option('--data-dir <dir>', 'where the node keeps its key and its database [SEEDLING_DATA_DIR]'),
    )
    .addOption(
      new Option(
        '--listen <addr:port>',
        `where to listen, may be repeated [SEEDLING_LISTEN] (default ${listenDefault})`,
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--advertise <addr:port>',
        'an address others reach this node at, may be repeated [SEEDLING_ADVERTISE]',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--config <file>',
        `YAML or JSON (default: ${configFileName} in the data directory) [SEEDLING_CONFIG]`,
      ),
    )
    .addOption(
      new Option('--log-level <level>', `${logLevels.join(', ')} [SEEDLING_LOG_LEVEL] (default info)`),
    )
    .addOption(
      new Option(
        '--strict-timestamp-window',
        'refuse payloads older than five minutes [SEEDLING_STRICT_TIMESTAMP_WINDOW]',
      ),
    )
    .addOption(
      new Option(
        '--announce-first-bytes <n>',
        `announce longer payloads before sending them [SEEDLING_ANNOUNCE_FIRST_BYTES] (default ${announceFirstBytesMax})`,
      ).argParser(numberOf),
    )
    .addHelpText('after', '\nExample:\n  seedlingd --data-dir /var/lib/seedling --listen "[::]:7891"')
    .allowExcessArguments(false);
}

function readEnvironment(environment: Environment): object {
  const list = (name: string) =>
    nonEmpty(environment[name])
      ?.split(/[\s,]+/)
      .filter(Boolean);
  const announceFirst = nonEmpty(environment['SEEDLING_ANNOUNCE_FIRST_BYTES']);
  return defined({
    listen: list('SEEDLING_LISTEN'),
    advertise: list('SEEDLING_ADVERTISE'),
    log_level: nonEmpty(environment['SEEDLING_LOG_LEVEL']),
    strict_timestamp_window: truth(nonEmpty(environment['SEEDLING_STRICT_TIMESTAMP_WINDOW'])),
    ...inspectorFromEnvironment((name) => nonEmpty(environment[name]), list),
    announce_first_bytes: announceFirst === undefined ? undefined : numberOf(announceFirst),
  });
}

function readFile(named: string | undefined, dataDir: string): Settings {
  const path = named ?? join(dataDir, configFileName);
  if (named === undefined && !existsSync(path)) return {};
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > configBytesMax) throw new Error(`it has ${size} bytes, at most ${configBytesMax} are read`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new ConfigurationError(`${path}: ${problem.message}`);
  return check(contentOf(document, path), path);
}

/** An alias that leads nowhere, or to itself over and over, shows only here. */
function contentOf(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw new ConfigurationError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function check(settings: unknown, source: string): Settings {
  const checked = settingsSchema.safeParse(settings);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new ConfigurationError(
    `${source}: ${field === '' ? '' : `${field} `}${issue?.message ?? 'is not understood'}`,
  );
}

/** Without what was not given. */
function defined(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** What is no number is left for the schema to refuse. */
function numberOf(text: string): number | string {
  return /^[0-9]+$/.test(text) ? Number(text) : text;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
