/** `grove map`, `grove unmap`, `grove mappings`: which params of apps follow the grove. */
import type { Command } from 'commander';
import { mapAnswer, mappingsAnswer, read } from '../answers.ts';
import type { CommandContext } from '../context.ts';
import { example, type Run } from '../help.ts';
import { safe, table } from '../output.ts';

export function addMappingCommands(grove: Command, run: Run): void {
  grove
    .command('map')
    .description('let a param of an app on this node follow a param of the grove')
    .argument('<app>')
    .argument('<param>', "the app's")
    .argument('<grove_param>', "the grove's")
    .addHelpText('after', example('seedling-ctl grove map web greeting greeting'))
    .action(run(map));
  grove
    .command('unmap')
    .description('let a param of an app go its own way; its value stays')
    .argument('<app>')
    .argument('<param>')
    .addHelpText('after', example('seedling-ctl grove unmap web greeting'))
    .action(run(unmap));
  grove
    .command('mappings')
    .description('which params of apps follow the grove, and how far they are')
    .addHelpText('after', example('seedling-ctl grove mappings'))
    .action(run(mappings));
}

async function map(
  { request, output }: CommandContext,
  app: string,
  param: string,
  groveParam: string,
): Promise<void> {
  const answer = await request('/grove/map', { app, app_param: param, grove_param: groveParam });
  output.result(answer);
  if (output.json) return;
  const { applied, schedule } = read(mapAnswer, answer);
  const runs = schedule === 'accepted' ? '; on_change runs' : '';
  const now = applied ? 'has its value now' : 'had its value already';
  output.line(`${safe(param)} of ${safe(app)} follows ${safe(groveParam)} and ${now}${runs}`);
}

async function unmap({ request, output }: CommandContext, app: string, param: string): Promise<void> {
  output.result(await request('/grove/unmap', { app, app_param: param }));
  output.line(`${safe(param)} of ${safe(app)} follows nothing any more and keeps its value`);
}

async function mappings({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/grove/mappings');
  output.result(answer);
  if (output.json) return;
  const rows = read(mappingsAnswer, answer).map((mapping) => [
    mapping.app,
    mapping.app_param,
    mapping.grove_param,
    mapping.state,
    mapping.applied_seq === null ? '-' : String(mapping.applied_seq),
    mapping.last_error ?? '',
  ]);
  output.line(table(output.style, ['APP', 'PARAM', 'FOLLOWS', 'STATE', 'SEQ', 'REMARK'], rows));
}
