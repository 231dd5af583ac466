/** Every bound of apps in one place, with the relations between them. Bytes are UTF-8 bytes. */
import { assert } from './assert.ts';
import { nameCharactersMax, paramValueBytesMax } from './limits.ts';

// A node.
export const appsMax = 1_024;
export const mappingsMax = 8_192;

// Definitions.
/** A definition as JSON. */
export const definitionBytesMax = 262_144;
/** A file that holds one, with white space, comments and what `apps show` adds. */
export const definitionFileBytesMax = 1_048_576;
export const appParamsMax = 128;
export const descriptionCharactersMax = 1_024;
export const commandWordsMax = 64;
export const commandBytesMax = 16_384;
export const rendersMax = 16;
export const pathBytesMax = 1_024;
export const unitCharactersMax = 255;
export const processNameBytesMax = 15;

// Runs.
export const hookTimeoutMsDefault = 60_000;
export const hookTimeoutMsMin = 100;
export const hookTimeoutMsMax = 24 * 60 * 60_000;
/** Between SIGTERM and SIGKILL. */
export const hookKillGraceMs = 2_000;
/** How long output is waited for after the program ended, when another process still holds it open. */
export const hookDrainMs = 250;
/** Kept of the output of one run: this much from its beginning and this much from its end. */
export const hookOutputBytesMax = 65_536;
export const hookRunIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
/** A longer value is only on standard input. */
export const hookVariableBytesMax = 4_096;
/** Arguments and environment of a run, as the kernel counts them. Linux takes 2 MiB with a usual stack limit, macOS 1 MiB. */
export const hookStartBytesMax = 1_000_000;
/** One argument or variable: Linux refuses more. */
export const hookStartStringBytesMax = 131_071;

// Templates.
export const templateBytesMax = 65_536;
/** A template in a file of its own. */
export const templateFileBytesMax = 262_144;
export const templateDepthMax = 16;
export const renderedBytesMax = 4_194_304;
export const pidFileBytesMax = 4_096;

const variableBytesMax = 'PARAM_='.length + nameCharactersMax + 1 + hookVariableBytesMax;
/** The scrubbed environment, `CHANGED_PARAMS`, `OLD_VALUE`, `NEW_VALUE` and the short ones; 16 bytes of pointer for each. */
const otherBytesMax = 65_536 + appParamsMax * (nameCharactersMax + 1) + 2 * (hookVariableBytesMax + 16);

assert(
  commandBytesMax + otherBytesMax + appParamsMax * (variableBytesMax + 16) <= hookStartBytesMax,
  'an app of full size can always be started',
);
assert(hookVariableBytesMax < hookStartStringBytesMax, 'a variable is one string');
assert(hookVariableBytesMax < paramValueBytesMax, 'standard input holds what no variable does');
assert(2 * definitionBytesMax < definitionFileBytesMax, 'what is shown of an app can be read again');
assert(hookOutputBytesMax % 2 === 0, 'half of the output is its beginning');
