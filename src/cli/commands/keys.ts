/** `keys …`: who may operate the node. */
import type { Command } from 'commander';
import { keysAnswer, read } from '../answers.ts';
import type { CommandContext } from '../context.ts';
import { example, type Run } from '../help.ts';
import { safe, short, table } from '../output.ts';

export function addKeysCommands(program: Command, run: Run): void {
  const keys = program.command('keys').description('who may operate the node');
  keys
    .command('list')
    .description('every authorised key')
    .addHelpText('after', example('seedling-ctl keys list'))
    .action(run(list));
  keys
    .command('authorise')
    .description(
      'let a key operate the node; its owner learns the fingerprint with: seedling-ctl fingerprint --own',
    )
    .argument('<fingerprint>', '64 hex digits')
    .argument('<label>', 'whose key it is')
    .addHelpText('after', example('seedling-ctl keys authorise 3fa2…e9 "Ana, laptop"'))
    .action(run(authorise));
  keys
    .command('revoke')
    .description('take a key back; its connections are closed at once')
    .argument('<fingerprint>', '64 hex digits')
    .addHelpText('after', example('seedling-ctl keys revoke 3fa2…e9'))
    .action(run(revoke));
}

async function list({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/keys/list');
  output.result(answer);
  if (output.json) return;
  const rows = read(keysAnswer, answer).map(({ fingerprint, label, source }) => [fingerprint, source, label]);
  output.line(table(output.style, ['FINGERPRINT', 'FROM', 'LABEL'], rows));
}

async function authorise(
  { request, output }: CommandContext,
  fingerprint: string,
  label: string,
): Promise<void> {
  output.result(await request('/keys/authorise', { fingerprint, label }));
  output.line(`authorised ${safe(label)} (${short(fingerprint)})`);
}

async function revoke({ request, output }: CommandContext, fingerprint: string): Promise<void> {
  output.result(await request('/keys/revoke', { fingerprint }));
  output.line(`revoked ${short(fingerprint)}`);
}
