/**
 * How a value is written into a file of some format, so that it is the value there and nothing else: each helper
 * either quotes it so that the format's readers get back exactly the value, or refuses it. They return the text or why not.
 */

export type Written =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };
export type Helper = (value: string) => Written;

/** C0, DEL, C1 and the two separators that some readers take for a line end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const breaksLine = /[\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}]/u;
const hiddenInJson = /[\u{7f}-\u{9f}\u{2028}\u{2029}\u{feff}]/gu;

const lineProblem = 'has a line break or a control character';

// i[impl app.template-values]
/** `{{name}}`: as it is, when it stays on its line. */
export const plain: Helper = (value) =>
  breaksLine.test(value)
    ? refuse(
        `${lineProblem}: write {{name | shell}} or {{name | json}} to quote it, or {{{name}}} to take it as it is`,
      )
    : write(value);

// i[impl app.template-helpers]
export const helpers: { readonly [name: string]: Helper } = {
  /** One word of a POSIX shell. */
  shell: (value) =>
    value.includes('\0')
      ? refuse('has a NUL, which no shell takes')
      : write(`'${value.replaceAll("'", "'\\''")}'`),
  /** What stands behind `NAME=` in a file that systemd (`EnvironmentFile=`) and a shell read alike. */
  env: (value) =>
    breaksLine.test(value)
      ? refuse(`${lineProblem}, and a file of variables is one of lines`)
      : write(`"${value.replace(/["\\`$]/g, '\\$&')}"`),
  /** A string of JSON with its quotes; in YAML it is the same. */
  json: (value) => write(JSON.stringify(value).replace(hiddenInJson, unicodeEscape)),
  /** One parameter of an nginx directive. */
  nginx: (value) => {
    if (breaksLine.test(value)) return refuse(lineProblem);
    // nginx puts variables into quoted strings too, and knows no way to write a dollar sign.
    if (value.includes('$')) return refuse('has a $, which nginx takes for a variable');
    return write(`"${value.replace(/["\\]/g, '\\$&')}"`);
  },
};

export const helperNames: readonly string[] = Object.keys(helpers);

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function write(text: string): Written {
  return { ok: true, text };
}

function refuse(problem: string): Written {
  return { ok: false, problem };
}
