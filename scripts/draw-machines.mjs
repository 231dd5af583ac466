#!/usr/bin/env node
/**
 * `npm run docs`: draws every statechart of machines/ into docs/machines.md, from the machines themselves as they are
 * in dist/. A test draws them from the sources and fails when the page is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diagramOf, statesOf } from './machine-diagram.mjs';

/** Every machine, in the order of the page. */
const machines = [
  { title: 'Supervisor', file: 'supervisor-machine', exported: 'supervisorMachine' },
  { title: 'Peer', file: 'peer-machine', exported: 'peerMachine' },
  { title: 'Dial loop', file: 'dial-machine', exported: 'dialMachine' },
  { title: 'Dial attempt', file: 'dial-attempt-machine', exported: 'dialAttemptMachine' },
  { title: 'Publisher', file: 'publisher-machine', exported: 'publisherMachine' },
  { title: 'Applier', file: 'applier-machine', exported: 'applierMachine' },
  { title: 'News', file: 'news-machine', exported: 'newsMachine' },
  { title: 'Param actuator', file: 'actuator-machine', exported: 'actuatorMachine' },
  { title: 'App', file: 'app-machine', exported: 'appMachine' },
];

const opening = `# The machines

Drawn from \`machines/\` by \`npm run docs\`; a test fails when this page is stale. Who sends what to whom is in
[machines/README.md](../machines/README.md).

On an arrow stand the event and, in brackets, the guard that lets it pass; *else* is what the guards before it left
over, and an arrow with a guard alone is taken as soon as the guard holds. An arrow from *any state* starts wherever
the machine is, unless that state hears the event itself. The table below a machine lists what its states hear, or
ignore on purpose, without leaving, and the actors that run while a state lasts and stop with it. Delays are defaults;
whoever creates the actor system may provide others.
`;

/**
 * The whole page.
 * @param {string} root the project's folder
 * @param {(file: string) => Promise<Record<string, any>>} load imports a file of machines/, named without its ending
 * @returns {Promise<string>}
 */
export async function drawMachines(root, load) {
  const chapters = (await readMachines(root, load)).map(({ title, file, about, machine, delays }) => {
    const opener = `${about} [\`machines/${file}.ts\`](../machines/${file}.ts)`;
    const diagram = `\`\`\`mermaid\n${diagramOf(machine, delays)}\n\`\`\``;
    return `## ${title}\n\n${opener}\n\n${diagram}\n\n${statesOf(machine, delays)}\n`;
  });
  return [opening, ...chapters].join('\n');
}

/**
 * Every machine with what its file says of itself. Some take a delay from their context: what it is by default is
 * listed in `delays` under the same name.
 * @param {string} root the project's folder
 * @param {(file: string) => Promise<Record<string, any>>} load imports a file of machines/, named without its ending
 */
export async function readMachines(root, load) {
  const { peerDelays, newsDelays, applierDelays, publisherDelays, supervisorDelays, appDelays } =
    await load('delays');
  const { dialDelays } = await load('dial-delays');
  const delays = {
    ...peerDelays,
    ...newsDelays,
    ...applierDelays,
    ...publisherDelays,
    ...supervisorDelays,
    ...dialDelays,
    ...appDelays,
  };
  const read = [];
  for (const { title, file, exported } of machines) {
    const { [exported]: machine } = await load(file);
    const about = firstSentence(readFileSync(join(root, 'machines', `${file}.ts`), 'utf8'));
    read.push({ title, file, about, machine, delays });
  }
  return read;
}

/**
 * Of the comment a file opens with.
 * @param {string} source
 */
function firstSentence(source) {
  const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(source) ?? [];
  const text = comment.replace(/\s*\n\s*\*\s?/g, ' ').trim();
  const [sentence] = /^.*?\.(?=\s|$)/.exec(text) ?? [];
  if (sentence === undefined) throw new Error('a machine file opens with a comment that says what it is');
  return sentence;
}

async function main() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const built = new URL('../dist/machines/', import.meta.url);
  const page = await drawMachines(root, (file) => import(new URL(`${file}.js`, built).href));
  writeFileSync(join(root, 'docs/machines.md'), page);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
