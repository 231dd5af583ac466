/** What the person at the terminal gets to see: each step in a sentence, the command, and how long it took. */
import type { DemoNode } from './demo-node.ts';
import { type Member, type Spread, spreadOf } from './result.ts';

/** How far a change came, and in how many milliseconds. */
export interface Outcome {
  readonly seq: number;
  readonly reached: number;
  readonly ms: number;
}

export interface Report {
  cast(nodes: readonly DemoNode[]): void;
  why(sentence: string): void;
  command(node: DemoNode, words: readonly string[], outcome: Outcome): void;
  /** What a node was told to do, and what its app wrote then; either may be empty. */
  told(node: DemoNode, command: string, line: string): void;
  publishes(latencies: readonly number[]): void;
  agreed(members: readonly Member[]): void;
  /** How to talk to the nodes, and how to end. */
  invitation(lines: readonly string[]): void;
  /** A change of the person's own, and how long the last node had it after the first. */
  seen(seq: number, paramsChanged: readonly string[], ms: number): void;
}

export interface ReportOptions {
  readonly write: (text: string) => void;
  readonly colours: boolean;
}

/** Of a prompt and what is typed there; what came of it stands to the right. */
const commandColumns = 64;
const wordCharactersMax = 16;

export function createReport({ write, colours }: ReportOptions): Report {
  const style = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const [strong, dim, good] = [style(1), style(2), style(32)];
  const line = (text = '') => write(`${text}\n`);
  return {
    cast: (nodes) => {
      line('A grove of three nodes on this machine: three seedlingd processes, each with its own key and');
      line('database. Times are from the command to the last node that has applied the change.');
      line();
      for (const { name, fingerprint, address } of nodes) {
        line(`  ${strong(name)}  ${shortened(fingerprint)}  ${address}`);
      }
    },
    why: (sentence) => {
      line();
      line(sentence);
    },
    command: ({ name }, words, { seq, reached, ms }) => {
      const prompt = `${name}$`;
      const text = words.map(shownWord).join(' ');
      const gap = ' '.repeat(Math.max(2, commandColumns - prompt.length - text.length));
      const nodes = reached === 1 ? '1 node ' : `${reached} nodes`;
      const outcome = `${dim(`seq ${String(seq).padEnd(3)}`)} ${good(`${nodes}  ${milliseconds(ms)}`)}`;
      line(`  ${dim(prompt)} ${strong(text)}${gap}${outcome}`);
    },
    told: ({ name }, command, wrote) => {
      if (command !== '') line(`  ${dim(`${name}$`)} ${strong(command)}`);
      if (wrote !== '') line(`  ${dim(`${name}  sign.txt`)}  ${good(wrote)}`);
    },
    publishes: (latencies) => {
      const spread = spreadOf(latencies);
      if (spread === null) return;
      line();
      const changes =
        latencies.length === 1 ? '1 more change' : `${latencies.length} more changes, one after the other`;
      line(`${changes}: ${good(spreadText(spread))}.`);
    },
    agreed: (members) => {
      line();
      for (const { name, seq, params } of members) {
        const held = Object.entries(params).map(([param, value]) => `${param} = ${value}`);
        line(`  ${strong(name)}  ${good('holds')} seq ${seq}, ${held.join(', ')}`);
      }
    },
    invitation: (lines) => {
      line();
      for (const text of lines) line(text.startsWith('  ') ? strong(text) : text);
    },
    seen: (seq, paramsChanged, ms) => {
      const what = paramsChanged.length === 0 ? 'members changed' : paramsChanged.map(shownWord).join(', ');
      line(
        `seq ${seq}  ${what}  ${good(`all nodes have it, the last ${milliseconds(ms).trim()} after the first`)}`,
      );
    },
  };
}

/** What `--json` shows of the story: nothing. */
export const silentReport: Report = {
  cast: () => {},
  why: () => {},
  command: () => {},
  told: () => {},
  publishes: () => {},
  agreed: () => {},
  invitation: () => {},
  seen: () => {},
};

function spreadText({ min, p50, max }: Spread): string {
  const [fastest, median, slowest] = [min, p50, max].map((value) => milliseconds(value).trim());
  return `fastest ${fastest}, median ${median}, slowest ${slowest}`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(0).padStart(4)} ms`;
}

/** A word of a command line as a shell would take it; fingerprints and invites cut short. */
function shownWord(word: string): string {
  if (/^[0-9a-f]{64}$/.test(word)) return shortened(word);
  if (word.length > wordCharactersMax && word.startsWith('grove1:'))
    return `${word.slice(0, wordCharactersMax)}…`;
  return /^[\w:.-]+$/.test(word) ? word : `"${word}"`;
}

function shortened(fingerprint: string): string {
  return `${fingerprint.slice(0, 12)}…`;
}
