/** `grove apply`: a file of params, published as one change, or not at all when nothing differs. */
import type { Command } from 'commander';
import { groveStatusAnswer, type ParamAnswer, paramsAnswer, read, seqAnswer } from '../answers.ts';
import { type ApplyFile, parseApplyFile } from '../apply-file.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { count, type Output, safe } from '../output.ts';
import { addChangeOptions, type ChangeOptions, changeParams } from './grove.ts';
import { readStdin, readTextFile } from './params.ts';

interface ApplyOptions extends ChangeOptions {
  readonly dryRun?: true;
}

const fileHelp = `
The file is YAML or JSON:
  set:
    greeting: kia ora
    banner: { kind: multiline, value: "two\\nlines" }
  unset: [old-greeting]
`;

export function addApplyCommand(grove: Command, run: Run): void {
  const apply = grove
    .command('apply')
    .description('set and unset many params in one publish (leader only)')
    .argument('<file>', 'YAML or JSON; - reads standard input')
    .option('--dry-run', 'show what would change and publish nothing')
    .addHelpText('after', fileHelp + example('seedling-ctl grove apply params.yaml --dry-run'));
  addChangeOptions(apply).action(run(applyFile));
}

async function applyFile(context: CommandContext, path: string, options: ApplyOptions): Promise<void> {
  const { request, output, io } = context;
  const wanted = readFile(path, path === '-' ? await readStdin(io.stdin) : readTextFile(path));
  const current = read(paramsAnswer, await request('/grove/params'));
  const difference = compare(wanted, current);
  const { set, unset } = difference;
  if (options.dryRun === true) {
    output.result({ set: set.map(({ name, kind, value }) => ({ name, kind, value })), unset });
    return showDifference(output, difference, current);
  }
  if (set.length + unset.length === 0) {
    const status = read(groveStatusAnswer, await request('/grove/status'));
    output.result({ seq: status.is_member ? status.current_seq : 0 });
    return output.line('nothing differs: nothing published');
  }
  const answer = await request('/grove/params/apply', {
    set: [...set],
    unset: [...unset],
    ...changeParams(options),
  });
  output.result(answer);
  if (output.json) return;
  showDifference(output, difference, current);
  output.line(
    `published ${count(set.length + unset.length, 'change')} as seq ${read(seqAnswer, answer).seq}`,
  );
}

function readFile(path: string, text: string): ApplyFile {
  const { file, problems } = parseApplyFile(text);
  if (problems.length === 0) return file;
  throw usageError(
    problems.map(({ line, field, problem }) => `${path}:${line}: ${field} ${problem}`).join('\n'),
  );
}

interface Difference {
  readonly set: readonly { readonly name: string; readonly kind: string; readonly value: string }[];
  readonly unset: readonly string[];
}

// i[impl ctl.apply-once]
/** Only what differs: applying a file twice publishes once. */
function compare(wanted: ApplyFile, current: readonly ParamAnswer[]): Difference {
  const now = new Map(current.map((param) => [param.name, param]));
  const set = wanted.set.flatMap(({ name, kind, value }) => {
    const present = now.get(name);
    const resolved = kind ?? present?.kind ?? (value.includes('\n') ? 'multiline' : 'text');
    return present?.value === value && present.kind === resolved ? [] : [{ name, kind: resolved, value }];
  });
  return { set, unset: wanted.unset.filter((name) => now.has(name)) };
}

function showDifference(output: Output, { set, unset }: Difference, current: readonly ParamAnswer[]): void {
  const now = new Map(current.map((param) => [param.name, param]));
  for (const { name, kind, value } of set) {
    const old = now.get(name);
    const kindChange = old !== undefined && old.kind !== kind ? ` (${safe(old.kind)} → ${safe(kind)})` : '';
    if (old === undefined) output.line(output.style.good(`+ ${safe(name)} = ${safe(value)}`));
    else output.line(`~ ${safe(name)}${kindChange}: ${safe(old.value)} → ${safe(value)}`);
  }
  for (const name of unset)
    output.line(output.style.bad(`- ${safe(name)} (was ${safe(now.get(name)?.value ?? '')})`));
  if (set.length + unset.length === 0) output.line('nothing differs');
}
