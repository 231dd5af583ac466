/**
 * A leader that kills itself with SIGKILL at one step of a publish. It sees its own steps the way the inspector does,
 * as events between actors, so nothing in the node knows of it. Prints one line of JSON for each signature and each
 * commit, before anything else happens.
 *
 * It loads its program at once, and starts when it is told what to do, in one line on its input: the data directory,
 * the step, how many publishes to survive, and a word that makes its values its own, as a JSON list.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** @type {typeof import('../../../src/daemon/node.ts')} */
const { startNode } = await import(new URL('../../../dist/src/daemon/node.js', import.meta.url).href);

const [order] = await once(createInterface({ input: process.stdin }), 'line');
/** @type {[string, string, number, string]} */
const [dataDir, step, survived, word] = JSON.parse(order);
const publishes = survived + 1;

let drafts = 0;
let versionsSent = 0;

/**
 * The event is about to be handled: what caused it is done, what it causes is not.
 * @param {string} reached
 */
function reach(reached) {
  if (reached === step && drafts > survived) process.kill(process.pid, 'SIGKILL');
}

/** @param {object} line */
function print(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** @param {{ readonly type: string, readonly [field: string]: any }} event */
function see(event) {
  switch (event.type) {
    case 'draft.ready':
      drafts += 1;
      versionsSent = 0;
      return reach('drafted');
    case 'draft.signed':
      print({ signed: event.version });
      return reach('signed');
    case 'publish.stored':
      print({ stored: event.standing.version });
      return reach('stored');
    case 'payload.published':
      return reach('published');
    case 'version':
      // Towards a wire it names a payload; what comes from one holds it.
      if (!('hash' in event)) return undefined;
      versionsSent += 1;
      if (versionsSent === 1) setImmediate(() => reach('sent'));
      return reach(versionsSent === 1 ? 'announced' : 'announced-to-one');
    case 'hello':
      // One of a peer's has the time at which it came.
      return 'at' in event ? reach('answered') : undefined;
    default:
      return undefined;
  }
}

const node = await startNode({
  dataDir,
  listen: ['127.0.0.1:0'],
  inspect: (inspection) => {
    if (inspection.type === '@xstate.event') see(inspection.event);
  },
});
const actor = { kind: 'test', id: 'crash', display: 'crash' };
for (let index = 0; index < publishes; index += 1) {
  const set = [{ name: 'word', kind: /** @type {const} */ ('text'), value: `${word} ${index}` }];
  const change = { kind: /** @type {const} */ ('params'), set, unset: [] };
  const settled = await node.control.execute({ type: 'change', change }, actor);
  if (!settled.ok) throw new Error(settled.reason.message);
}
// The last steps come a moment after the publish is answered: the node runs on until then.
