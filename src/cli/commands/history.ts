/** `grove history` and `grove payload`: what was published. */
import { type Command, Option } from 'commander';
import type { Json } from '../../protocol/types.ts';
import { historyAnswer, payloadAnswer, read } from '../answers.ts';
import type { CommandContext } from '../context.ts';
import { example, type Run } from '../help.ts';
import { type Output, safe, short } from '../output.ts';
import { wholeNumber } from './grove.ts';

export function addHistoryCommands(grove: Command, run: Run): void {
  grove
    .command('history')
    .description('the published versions, newest first, and what each changed')
    .addOption(new Option('--limit <n>', 'at most this many').argParser(wholeNumber))
    .addOption(new Option('--before <seq>', 'only versions before this one').argParser(wholeNumber))
    .addHelpText('after', example('seedling-ctl grove history --limit 5'))
    .action(run(history));
  grove
    .command('payload')
    .description('a signed payload as it was published')
    .addOption(new Option('--seq <n>', 'an earlier one (default: the current one)').argParser(wholeNumber))
    .addHelpText('after', example('seedling-ctl --json grove payload --seq 12'))
    .action(run(payload));
}

async function history(
  { request, output }: CommandContext,
  { limit, before }: { readonly limit?: number; readonly before?: number },
): Promise<void> {
  const answer = await request('/grove/history', { limit, before_seq: before });
  output.result(answer);
  if (!output.json) for (const version of read(historyAnswer, answer)) showVersion(output, version);
}

type Version = ReturnType<typeof read<typeof historyAnswer>>[number];

function showVersion(output: Output, { seq, created_at, actor, changes }: Version): void {
  const who = actor === null ? '' : `  by ${safe(actor.display)}`;
  output.line(`${output.style.strong(`seq ${seq}`)}  ${safe(created_at)}${who}`);
  if (changes.length === 0) output.line('  no change');
  for (const change of changes) output.line(`  ${describe(change)}`);
}

function describe(change: Version['changes'][number]): string {
  const { label = '', fingerprint = '', name = '', old_value = null, new_value = null } = change;
  if (change.change === 'member-added') return `+ member ${safe(label)} (${short(fingerprint)})`;
  if (change.change === 'member-removed') return `- member ${safe(label)} (${short(fingerprint)})`;
  if (new_value === null) return `- ${safe(name)}`;
  return old_value === null
    ? `+ ${safe(name)} = ${safe(new_value)}`
    : `~ ${safe(name)}: ${safe(old_value)} → ${safe(new_value)}`;
}

async function payload(
  { request, output }: CommandContext,
  { seq }: { readonly seq?: number },
): Promise<void> {
  const answer = await request('/grove/payload', { seq });
  output.result(answer);
  if (output.json) return;
  const signed = read(payloadAnswer, answer);
  for (const line of JSON.stringify(signed.payload as Json, null, 2).split('\n'))
    output.line(safe(line, 100_000));
  output.line(`signature   ${safe(signed.signature, 128)}`);
  output.line(`leader key  ${safe(signed.leader_key ?? 'not known yet', 64)}`);
}
