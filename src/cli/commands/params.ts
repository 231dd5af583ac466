/** `grove params`, `grove param set|unset`. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { paramKinds } from '../../protocol/index.ts';
import { paramsAnswer, read, seqAnswer } from '../answers.ts';
import type { CommandContext, CtlIo } from '../context.ts';
import { usageError } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { safe, table } from '../output.ts';
import { addChangeOptions, type ChangeOptions, changeParams } from './grove.ts';

/** More than any value may have: enough to let the node say by how much it is too long. */
const inputBytesMax = 1_048_576;

interface SetOptions extends ChangeOptions {
  readonly kind?: string;
  readonly file?: string;
}

export function addParamCommands(grove: Command, run: Run): void {
  grove
    .command('params')
    .description('the params of the grove')
    .addHelpText('after', example('seedling-ctl grove params'))
    .action(run(params));
  const param = grove.command('param').description('set or unset one param (leader only)');
  const set = param
    .command('set')
    .description('set a param for the whole grove')
    .argument('<name>', 'letters, digits and hyphens')
    .argument('[value]', 'the value; - reads it from standard input')
    .addOption(
      new Option('--kind <kind>', 'what kind of value (default: as it is now, else text)').choices([
        ...paramKinds,
      ]),
    )
    .option('--file <file>', 'read the value from a file')
    .addHelpText(
      'after',
      `${example(
        'seedling-ctl grove param set greeting "kia ora"',
        'seedling-ctl grove param set ca-bundle --kind multiline --file ca.pem',
        'date | seedling-ctl grove param set checked-on -',
      )}\n\nOf a value read from a file or standard input that is one line, the line end is left out.\n`,
    );
  addChangeOptions(set).action(run(setParam));
  const unset = param
    .command('unset')
    .description('take a param out of the grove')
    .argument('<name>')
    .addHelpText('after', example('seedling-ctl grove param unset greeting'));
  addChangeOptions(unset).action(run(unsetParam));
}

async function params({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/grove/params');
  output.result(answer);
  if (output.json) return;
  const rows = read(paramsAnswer, answer).map(({ name, kind, value, version_seq }) => [
    name,
    kind,
    String(version_seq),
    value,
  ]);
  output.line(table(output.style, ['NAME', 'KIND', 'SINCE', 'VALUE'], rows));
}

async function setParam(
  { request, output, io }: CommandContext,
  name: string,
  given: string | undefined,
  options: SetOptions,
): Promise<void> {
  const value = await readValue(io, given, options.file);
  const kind = options.kind ?? (await kindOf(request, name)) ?? (value.includes('\n') ? 'multiline' : 'text');
  const answer = await request('/grove/params/set', { name, kind, value, ...changeParams(options) });
  output.result(answer);
  if (!output.json) output.line(`set ${safe(name)}, seq ${read(seqAnswer, answer).seq}`);
}

/** The kind a param has now; null when it is new. */
async function kindOf(request: CommandContext['request'], name: string): Promise<string | null> {
  const known = read(paramsAnswer, await request('/grove/params'));
  return known.find((param) => param.name === name)?.kind ?? null;
}

async function unsetParam(
  { request, output }: CommandContext,
  name: string,
  options: ChangeOptions,
): Promise<void> {
  const answer = await request('/grove/params/unset', { name, ...changeParams(options) });
  output.result(answer);
  if (!output.json) output.line(`unset ${safe(name)}, seq ${read(seqAnswer, answer).seq}`);
}

// i[impl ctl.param-input]
export async function readValue(
  io: CtlIo,
  given: string | undefined,
  file: string | undefined,
): Promise<string> {
  if (given !== undefined && file !== undefined) throw usageError('give a value or --file, not both');
  if (file !== undefined) return oneLineOrAll(readTextFile(file));
  if (given === undefined) throw usageError('give a value, - for standard input, or --file FILE');
  return given === '-' ? oneLineOrAll(await readStdin(io.stdin)) : given;
}

function oneLineOrAll(text: string): string {
  return /^[^\n]*\r?\n$/.test(text) ? text.replace(/\r?\n$/, '') : text;
}

/** Text of a file the operator named. Throws a usage error that says what is wrong with it. */
export function readTextFile(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readUpTo(path, inputBytesMax + 1);
  } catch (cause) {
    throw usageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return decode(bytes, path);
}

/** Reads no more than is asked for: a device or a pipe may never end, and does not say how long it is. */
function readUpTo(path: string, bytesMax: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(bytesMax);
    let length = 0;
    while (length < bytesMax) {
      const read = readSync(file, bytes, length, bytesMax - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

export async function readStdin(stdin: CtlIo['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > inputBytesMax) break;
  }
  return decode(Buffer.concat(chunks), 'standard input');
}

function decode(bytes: Uint8Array, name: string): string {
  if (bytes.length > inputBytesMax) throw usageError(`${name} is longer than ${inputBytesMax} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw usageError(`${name} is not UTF-8 text`, { cause });
  }
}
