/** What of the node's own environment a command sees: where programs are, whose home it is, language and time zone. */
export type Environment = { readonly [name: string]: string | undefined };

const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;
const variableCharactersMax = 4_096;
const pathDefault = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// i[impl app.environment]
/** Nothing else gets through, so a secret in the node's environment stays there. */
export function scrubEnvironment(environment: Environment): { readonly [name: string]: string } {
  const kept: { [name: string]: string } = { PATH: pathDefault };
  for (const name of passedOn) {
    const value = environment[name];
    if (value !== undefined && value !== '' && value.length <= variableCharactersMax) kept[name] = value;
  }
  return kept;
}
