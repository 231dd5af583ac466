/** `events`: what happened, and with --follow what happens. */
import type { Command } from 'commander';
import type { EventLine } from '../../operator/index.ts';
import type { CommandContext } from '../context.ts';
import { CtlError, exitCodes } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { type Output, safe } from '../output.ts';

/** Stands before every event that is kept. */
const fromTheStart = '';

interface EventsOptions {
  readonly follow?: true;
  readonly since?: string;
}

export function addEventsCommands(program: Command, run: Run): void {
  program
    .command('events')
    .description('the events the node has kept; with --follow, new ones until interrupted')
    .option('-f, --follow', 'go on with new events; alone it starts with the next one')
    .option('--since <id>', 'only events after this one')
    .addHelpText(
      'after',
      example('seedling-ctl events', 'seedling-ctl events --follow --since 0mh3k2x9a0001'),
    )
    .action(run(events));
}

async function events(context: CommandContext, { follow, since }: EventsOptions): Promise<void> {
  const { client, output, io } = context;
  const connection = await client();
  const start = since ?? (follow === true ? null : fromTheStart);
  const subscribed = await connection.subscribe(start, (event) => show(output, event), {
    follow: follow === true,
  });
  if (!subscribed.ok) {
    const { code, message, details } = subscribed.reason;
    throw new CtlError(exitCodes.refused, code, message, { details });
  }
  const subscription = subscribed.value;
  const interrupted = (): void => subscription.close();
  if (io.signal?.aborted === true) interrupted();
  io.signal?.addEventListener('abort', interrupted);
  try {
    await Promise.race([subscription.ended, connection.closed]);
    // The stream ends first when the connection goes; only the connection knows why.
    if (follow === true && io.signal?.aborted !== true) throw await connection.closed;
  } finally {
    io.signal?.removeEventListener('abort', interrupted);
  }
}

function show(output: Output, event: EventLine): void {
  output.result(event);
  if (output.json) return;
  const { type, id: _id, timestamp, actor, ...data } = event;
  const who =
    typeof actor === 'object' && actor !== null && 'display' in actor
      ? ` by ${safe(String(actor.display))}`
      : '';
  const when = typeof timestamp === 'string' ? safe(timestamp, 32) : '-'.padEnd(20);
  const what = Object.entries(data).map(([name, value]) => `${safe(name)}=${safe(plain(value))}`);
  output.line(
    `${output.style.dim(when)}  ${output.style.strong(safe(type))}  ${what.join(' ')}${who}`.trimEnd(),
  );
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
