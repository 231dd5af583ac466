/** `ping`, `status`, `audit`, `fingerprint`. */
import { type Command, Option } from 'commander';
import { defaultDataDirectory, readNodeFingerprint } from '../../operator/index.ts';
import { auditAnswer, groveStatusAnswer, read, serverStatusAnswer } from '../answers.ts';
import { ownKeyFingerprint } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { example, type Run } from '../help.ts';
import { duration, fields, safe, table } from '../output.ts';
import { wholeNumber } from './grove.ts';
import { groveSummary } from './grove-text.ts';

export function addServerCommands(program: Command, run: Run): void {
  program
    .command('ping')
    .description('ask the node whether it is there')
    .addHelpText('after', example('seedling-ctl ping'))
    .action(run(ping));
  program
    .command('status')
    .description('what the node is and how it stands in its grove')
    .addHelpText('after', example('seedling-ctl --data-dir /var/lib/seedling status'))
    .action(run(status));
  program
    .command('audit')
    .description('who asked this node for which change, newest first')
    .addOption(new Option('--limit <n>', 'at most this many (default: 50)').argParser(wholeNumber))
    .addHelpText('after', example('seedling-ctl audit --limit 200'))
    .action(run(audit));
  program
    .command('fingerprint')
    .description("the node's fingerprint, which an invite names")
    .option('--own', 'the fingerprint of the key that this command line uses with --host')
    .addHelpText('after', example('seedling-ctl fingerprint', 'seedling-ctl fingerprint --own'))
    .action(run(fingerprint));
}

async function ping({ request, output }: CommandContext): Promise<void> {
  output.result(await request('/server/ping'));
  output.line('the node answers');
}

async function status({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/server/status');
  output.result(answer);
  if (output.json) return;
  const node = read(serverStatusAnswer, answer);
  output.line(
    fields([
      ['node', `${node.hostname}, seedling ${node.version}, up ${duration(node.uptime_secs)}`],
      ['fingerprint', node.spki_fingerprint],
      ['listening', node.listen.join(', ')],
      ['connections', node.connections],
      ...groveSummary(read(groveStatusAnswer, node.grove)),
    ]),
  );
  for (const { message } of node.grove.problems)
    output.note(`${output.style.bad('problem:')} ${safe(message, 2_000)}`);
}

async function audit(
  { request, output }: CommandContext,
  { limit }: { readonly limit?: number },
): Promise<void> {
  const answer = await request('/server/audit', { limit });
  output.result(answer);
  if (output.json) return;
  const rows = read(auditAnswer, answer).map(({ at, actor, method, summary }) => {
    return [at, actor.display, method, summary];
  });
  output.line(table(output.style, ['AT', 'BY', 'WHAT', 'SUMMARY'], rows));
}

/** Needs no running node with --data-dir: the fingerprint outlives the process. */
async function fingerprint(context: CommandContext, options: { readonly own?: true }): Promise<void> {
  const { output, io } = context;
  const found = options.own === true ? ownKeyFingerprint(io.env) : await nodeFingerprint(context);
  output.result({ fingerprint: found });
  output.line(found);
}

async function nodeFingerprint({ options, io, client }: CommandContext): Promise<string> {
  if (options.host !== undefined) return (await client()).fingerprint;
  return readNodeFingerprint(options.dataDir ?? defaultDataDirectory(io.env, process.getuid?.()));
}
