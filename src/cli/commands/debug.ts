/** `debug bundle`: one archive for a bug report. It holds how the node stands, and no values of params. */
import { type Command, Option } from 'commander';
import type { EventLine } from '../../operator/index.ts';
import type { Json } from '../../protocol/types.ts';
import { debugAnswer, historyAnswer, paramsAnswer, read } from '../answers.ts';
import { type ArchiveFile, writeArchive } from '../archive.ts';
import type { CommandContext } from '../context.ts';
import { example, type Run } from '../help.ts';
import { count, safe } from '../output.ts';
import { wholeNumber } from './grove.ts';

/** Events in a bundle, the newest. */
const eventsMax = 500;

export function addDebugCommands(program: Command, run: Run): void {
  const debug = program.command('debug').description('what helps to find out what is wrong');
  debug
    .command('bundle')
    .description('writes one archive for a bug report: state, events, transitions; no values of params')
    .argument('[file]', 'where to (default: seedling-debug-….tar.gz in this directory)')
    .addOption(
      new Option('--seconds <n>', 'how long to look on, at most 30').argParser(wholeNumber).default(2),
    )
    .addHelpText(
      'after',
      example('seedling-ctl debug bundle', 'seedling-ctl debug bundle report.tar.gz --seconds 10'),
    )
    .action(run(bundle));
}

// w[impl ctl.debug-bundle]
async function bundle(
  context: CommandContext,
  file: string | undefined,
  { seconds }: { readonly seconds: number },
): Promise<void> {
  const { output } = context;
  const askedAt = Date.now();
  const ping = await context.request('/server/ping');
  const answeredAt = Date.now();
  const debug = read(debugAnswer, await context.request('/server/debug', { seconds }));
  const status = await context.request('/server/status');
  const { actors, records, now, ...rest } = debug;
  const clock = {
    round_trip_ms: answeredAt - askedAt,
    // The node looked on for that long before it said what time it is.
    node_minus_this_machine_ms: now - Date.now(),
    ...(await leaderClock(context)),
  };
  const files: ArchiveFile[] = [
    text('README.txt', about),
    json('state.json', { ping, ...rest }),
    json('status.json', status),
    json('peers.json', await orNull(context, '/grove/peers')),
    json('members.json', await orNull(context, '/grove/members')),
    json('params.json', await paramsWithoutValues(context)),
    json('history.json', await historyWithoutValues(context)),
    json('clock.json', clock),
    json('actors.json', actors),
    lines('transitions.ndjson', records),
    lines('events.ndjson', await recentEvents(context)),
  ];
  const written = await writeArchive(file ?? defaultName(new Date(now)), files);
  output.result({ file: written.path, bytes: written.bytes });
  output.line(`${safe(written.path, 512)}: ${written.bytes} bytes, ${count(files.length, 'file')}`);
  output.note(
    'It names members, addresses and events, and holds no values of params: look at it before you share it.',
  );
}

function defaultName(at: Date): string {
  return `seedling-debug-${at.toISOString().slice(0, 19).replaceAll(':', '')}.tar.gz`;
}

/** Outside a grove there is nothing to tell. */
async function orNull(context: CommandContext, method: string): Promise<Json> {
  const answer = await (await context.client()).request(method);
  return answer.ok ? answer.value : null;
}

async function paramsWithoutValues(context: CommandContext): Promise<Json> {
  const answer = await orNull(context, '/grove/params');
  if (answer === null) return null;
  return read(paramsAnswer, answer).map(({ value, ...param }) => ({
    ...param,
    value_bytes: Buffer.byteLength(value),
  }));
}

async function historyWithoutValues(context: CommandContext): Promise<Json> {
  const answer = await orNull(context, '/grove/history');
  if (answer === null) return null;
  return read(historyAnswer, answer).map(({ changes, ...version }) => ({
    ...version,
    changes: changes.map(({ old_value: _old, new_value: _new, ...change }) => change),
  })) as unknown as Json;
}

/**
 * How far this node's clock is from the leader's: when a payload came, less when it was dated. The least of them is closest,
 * since what else it holds is the way of the payload.
 */
async function leaderClock(context: CommandContext): Promise<{ readonly [field: string]: Json }> {
  const answer = await orNull(context, '/grove/history');
  if (answer === null) return {};
  const seconds = read(historyAnswer, answer).map(
    ({ created_at, received_at }) => (Date.parse(received_at) - Date.parse(created_at)) / 1_000,
  );
  return { received_after_dated_s: seconds, least_s: seconds.length === 0 ? null : Math.min(...seconds) };
}

async function recentEvents(context: CommandContext): Promise<readonly Json[]> {
  const events: EventLine[] = [];
  const client = await context.client();
  const subscribed = await client.subscribe(
    '',
    (event) => {
      events.push(event);
      if (events.length > eventsMax) events.shift();
    },
    { follow: false },
  );
  if (!subscribed.ok) return [];
  await Promise.race([subscribed.value.ended, client.closed]);
  return events;
}

const about = `A bundle of seedling-ctl debug bundle.

state.json          versions, configuration, counters, what the transport and the process use
status.json         the node and its grove, with problems
peers.json          links to members: direction, number, addresses, last error
members.json        who is in the grove
params.json         names and sizes of the params, no values
history.json        what was changed when, no values
clock.json          differences of clocks
actors.json         every actor: state, context as far as it may be shown, armed delays
transitions.ndjson  what the actors did last
events.ndjson       the node's newest events
`;

function text(name: string, content: string): ArchiveFile {
  return { name, content };
}

function json(name: string, value: unknown): ArchiveFile {
  return { name, content: `${JSON.stringify(value, null, 2)}\n` };
}

function lines(name: string, values: readonly unknown[]): ArchiveFile {
  return { name, content: values.map((value) => `${JSON.stringify(value)}\n`).join('') };
}
