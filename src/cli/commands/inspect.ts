/** `inspect`: where the page of a node on this machine is, token included. */
import type { Command } from 'commander';
import { defaultDataDirectory, readInspectorUrl } from '../../operator/index.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { safe } from '../output.ts';

export function addInspectCommand(program: Command, run: Run): void {
  program
    .command('inspect')
    .description("the address of the node's page, to open in a browser on this machine; it holds the token")
    .addHelpText('after', example('seedling-ctl inspect', 'xdg-open "$(seedling-ctl inspect)"'))
    .action(run(inspect));
}

// w[impl ctl.inspect]
async function inspect({ options, io, output }: CommandContext): Promise<void> {
  if (options.host !== undefined) {
    throw usageError('the token of a page is in the data directory: run this on the machine of the node');
  }
  const url = readInspectorUrl(options.dataDir ?? defaultDataDirectory(io.env, process.getuid?.()));
  output.result({ url });
  output.line(safe(url, urlCharactersMax));
}

const urlCharactersMax = 512;
