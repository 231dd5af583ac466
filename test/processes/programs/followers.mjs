/**
 * Members that write down every payload they are ever sent, before they judge it: one line of JSON each, and one for
 * every event that means trouble. Arguments: their data directories.
 */
import { writeSync } from 'node:fs';

const dist = new URL('../../../dist/src/', import.meta.url);
/** @type {typeof import('../../../src/daemon/node.ts')} */
const { startNode } = await import(new URL('daemon/node.js', dist).href);
/** @type {typeof import('../../../src/protocol/index.ts')} */
const { digestPayload } = await import(new URL('protocol/index.js', dist).href);

const trouble = ['grove.fork-detected', 'grove.payload-rejected', 'grove.identity-conflict'];

/** @param {object} line */
function print(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const nodes = await Promise.all(
  process.argv.slice(2).map((dataDir) =>
    startNode({
      dataDir,
      listen: ['127.0.0.1:0'],
      // A leader killed several times a second leaves links behind faster than they are given up.
      limits: { connectionsPerFingerprintMax: 256 },
      inspect: (inspection) => {
        if (inspection.type !== '@xstate.event') return;
        /** @type {{ readonly type: string, readonly payload?: any }} */
        const { type, payload } = inspection.event;
        if (type !== 'version' || payload === undefined) return;
        print({ received: { seq: payload.seq, hash: digestPayload(payload).hash } });
      },
    }),
  ),
);
for (const { control } of nodes) {
  control.subscribe(null, (delivery) => {
    if (delivery.kind === 'event' && trouble.includes(delivery.event.type))
      print({ trouble: delivery.event });
    return true;
  });
}
print({ ready: nodes.map(({ fingerprint }) => fingerprint) });
