/** The fields an app's definition is made of, each with what is wrong with it in words that follow its name. */
import { z } from 'zod';
import type { AppRestartAction, AppSignalName } from '../protocol/app-types.ts';
import {
  commandBytesMax,
  commandWordsMax,
  descriptionCharactersMax,
  hookTimeoutMsDefault,
  hookTimeoutMsMax,
  hookTimeoutMsMin,
  isName,
  isWellFormed,
  nameRule,
  paramKinds,
  pathBytesMax,
  processNameBytesMax,
  templateBytesMax,
  unitCharactersMax,
} from '../protocol/index.ts';

const signals = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
] as const satisfies readonly AppSignalName[];
const restartActions = [
  'restart',
  'reload',
  'reload-or-restart',
  'try-restart',
] as const satisfies readonly AppRestartAction[];

/** YAML makes numbers and truth values of bare words: `mode: 0640` is not what it looks like. */
export const text = z
  .string({
    error: ({ input }) => {
      if (input === undefined) return 'must be there';
      return typeof input === 'number' || typeof input === 'boolean'
        ? 'must be text: put it in quotes'
        : 'must be text';
    },
  })
  .refine(isWellFormed, 'holds half a character')
  .refine((value) => !value.includes('\0'), 'holds a NUL');

export const flag = z.boolean('must be true or false');

export const nameField = text.refine(isName, `must be ${nameRule}`);

export const kindField = z.enum(paramKinds, `must be one of ${paramKinds.join(', ')}`);

export const descriptionField = text.refine(
  (value) => value.length <= descriptionCharactersMax,
  `is longer than ${descriptionCharactersMax} characters`,
);

const path = text
  .refine((value) => value.startsWith('/'), 'must be a full path, beginning with /')
  .refine((value) => Buffer.byteLength(value) <= pathBytesMax, `is longer than ${pathBytesMax} bytes`);

const timeout = z
  .int('must be a whole number of milliseconds')
  .min(hookTimeoutMsMin, `must be at least ${hookTimeoutMsMin}`)
  .max(hookTimeoutMsMax, `must be at most ${hookTimeoutMsMax}`)
  .default(hookTimeoutMsDefault);

const words = z
  .array(text, 'must be a list of words: a program and its arguments')
  .max(commandWordsMax, `has more than ${commandWordsMax} words`)
  .refine(([program = '']) => program !== '', 'must begin with a program')
  .refine(
    ([program = '']) => program.startsWith('/') || !program.includes('/'),
    'must begin with a full path, or the name of a program in PATH',
  )
  .refine(
    (list) => list.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0) <= commandBytesMax,
    `is longer than ${commandBytesMax} bytes`,
  );

// i[impl app.no-shell]
/** `["program", "argument"]`, or the same with its time limit and directory. */
export const commandField = z.preprocess(
  (given) => (Array.isArray(given) ? { command: given } : given),
  z.strictObject(
    { command: words, timeout_ms: timeout, working_directory: path.nullable().default(null) },
    shapeError('must be a list of words, or have command, timeout_ms and working_directory'),
  ),
);

export const renderField = z
  .strictObject(
    {
      template: text
        .refine(
          (value) => Buffer.byteLength(value) <= templateBytesMax,
          `is longer than ${templateBytesMax} bytes`,
        )
        .nullable()
        .default(null),
      template_file: path.nullable().default(null),
      target: path.refine((value) => !/(^|\/)\.{0,2}$/.test(value), 'must name a file'),
      mode: text
        .regex(/^0{0,2}[0-7]{3}$/, 'must be octal digits in quotes, such as "0640"')
        .transform((digits) => `0${digits.slice(-3)}`)
        .nullable()
        .default(null),
    },
    shapeError('must have target, and template or template_file'),
  )
  .refine(
    ({ template, template_file }) => (template === null) !== (template_file === null),
    'must have either template or template_file',
  );

export const signalField = z.strictObject(
  {
    pid_file: path,
    signal: z.preprocess(
      (given) => (typeof given === 'string' && !given.startsWith('SIG') ? `SIG${given}` : given),
      z.enum(signals, `must be one of ${signals.join(', ')}`).default('SIGHUP'),
    ),
    process_name: text
      .refine(
        (value) => value !== '' && Buffer.byteLength(value) <= processNameBytesMax,
        `must have 1 to ${processNameBytesMax} bytes: the kernel knows no longer name`,
      )
      .nullable()
      .default(null),
  },
  shapeError('must have pid_file, and may have signal and process_name'),
);

export const restartField = z.strictObject(
  {
    unit: text
      .regex(/^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*$/, 'is no name of a systemd unit')
      .refine((value) => value.length <= unitCharactersMax, `is longer than ${unitCharactersMax} characters`),
    action: z.enum(restartActions, `must be one of ${restartActions.join(', ')}`).default('restart'),
    timeout_ms: timeout,
  },
  shapeError('must have unit, and may have action and timeout_ms'),
);

/** For something that is no map at all. Other mistakes keep their own words. */
export function shapeError(problem: string): {
  error: (issue: { code?: string | undefined }) => string | undefined;
} {
  return { error: ({ code }) => (code === 'invalid_type' ? problem : undefined) };
}
