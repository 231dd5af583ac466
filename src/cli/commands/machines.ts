/** `machines`: the statecharts this program runs, without a browser and without a node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { packageRoot } from '../../operator/index.ts';
import type { Json } from '../../protocol/types.ts';
import type { CommandContext } from '../context.ts';
import { CtlError, exitCodes, usageError } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { table } from '../output.ts';

export function addMachinesCommand(program: Command, run: Run): void {
  program
    .command('machines')
    .description('the state machines of a node: a list, or one of them drawn')
    .argument('[name]', 'of one machine, such as peer')
    .addOption(new Option('--mermaid', 'as a Mermaid state diagram').conflicts('svg'))
    .addOption(new Option('--svg', 'as a picture').conflicts('mermaid'))
    .addHelpText(
      'after',
      example(
        'seedling-ctl machines',
        'seedling-ctl machines peer --mermaid',
        'seedling-ctl machines peer --svg > peer.svg',
        'seedling-ctl machines peer --json',
      ),
    )
    .action(run(machines));
}

interface Forms {
  readonly mermaid?: true;
  readonly svg?: true;
}

/** What the build wrote about one machine. */
interface DescribedMachine {
  readonly name: string;
  readonly about: string;
}

// w[impl ctl.machines]
async function machines(
  { output, io }: CommandContext,
  name: string | undefined,
  { mermaid, svg }: Forms,
): Promise<void> {
  const all = JSON.parse(readBuilt('machines.json')) as readonly DescribedMachine[];
  const chosen = name === undefined ? all : all.filter((machine) => machine.name === name);
  const [first] = chosen;
  if (first === undefined) {
    throw usageError(`there is no machine ${name}: there are ${all.map((one) => one.name).join(', ')}`);
  }
  if (svg === true || mermaid === true) {
    if (name === undefined) throw usageError('one machine is drawn at a time: name it');
    io.stdout.write(`${readBuilt(`${first.name}.${svg === true ? 'svg' : 'mmd'}`).trimEnd()}\n`);
    return;
  }
  output.result((name === undefined ? chosen : first) as unknown as Json);
  const rows = chosen.map(({ name: id, about }) => [id, about]);
  output.line(table(output.style, ['name', 'what it is'], rows));
}

/** The build draws every machine from its definition, beside the compiled files. */
function readBuilt(name: string): string {
  try {
    return readFileSync(join(packageRoot(), 'dist', 'charts', name), 'utf8');
  } catch (cause) {
    const message = 'the drawings are not in this installation: run npm run build';
    throw new CtlError(exitCodes.usage, 'not_built', message, { cause });
  }
}
