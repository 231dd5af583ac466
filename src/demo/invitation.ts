/** The commands a person can paste to talk to the running nodes. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoDirectory } from './directory.ts';
import type { Cast } from './story.ts';

const program = fileURLToPath(new URL('../cli/seedling-ctl.js', import.meta.url));

/** Lines of text; those to paste are indented. `workingDirectory` is where the person will paste them. */
export function invitationLines(
  { leader, second, third }: Cast,
  { path, isKept }: DemoDirectory,
  workingDirectory: string,
): readonly string[] {
  const script = relative(workingDirectory, program);
  const ctl = (dataDir: string, words: string) =>
    `  node ${quoted(script)} --data-dir ${quoted(dataDir)} ${words}`;
  return [
    'The nodes keep running. In another terminal, in this directory, change something on the leader:',
    ctl(leader.dataDir, 'grove param set greeting "ata mārie"'),
    'look at it elsewhere:',
    ctl(third.dataDir, 'grove params'),
    'see that the app on a member followed it:',
    ctl(second.dataDir, 'apps show sign'),
    `  tail ${quoted(relative(workingDirectory, second.signFile))}`,
    'see who is linked to whom, or what happens as it happens:',
    ctl(second.dataDir, 'grove peers'),
    ctl(second.dataDir, 'events --follow'),
    '',
    isKept
      ? `Ctrl-C stops them. Their data and logs stay in ${path}.`
      : `Ctrl-C stops them and removes ${path}.`,
  ];
}

function quoted(path: string): string {
  return /^[\w./:@%+=,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
