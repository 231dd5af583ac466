/**
 * A process that hosts some nodes of one group. Its argument is JSON: the system, the settings, and its nodes
 * `{index, directory, ticket?}`. It starts them at once, so that a start can be timed from the fork; a node with
 * a ticket enters the group again on its own. It reports each document once all its nodes hold it.
 */
import { serve } from '../lib/child.mjs';
import { idleCost } from '../lib/process-cost.mjs';
import { nowNs } from '../lib/time.mjs';
import { createNode } from './node-under-test.mjs';

const { system, settings, nodes: specifications } = JSON.parse(process.argv[2]);
const nodes = new Map();
/** Per document number: the moments its nodes got it. The publisher's own copy is not one of them. */
const applied = new Map();

const started = startAll();
started.catch(() => {}); // told to whoever calls `started`

const report = serve(
  {
    started: () => started,
    found: ({ infos }) => node(0).found(infos),
    join: ({ index, ticket }) => node(index).join(ticket),
    idleCost: ({ forMs }) => idleCost(forMs),
    async linkCounts() {
      return Promise.all([...nodes.values()].map(({ linkCount }) => linkCount()));
    },
    /** Resolves with the moment of the call, and how long the call took. */
    async publish({ marker }) {
      const calledNs = nowNs();
      await node(0).publish(marker);
      return { calledNs, returnedNs: nowNs() };
    },
  },
  async () => {
    await Promise.allSettled([...nodes.values()].map((each) => each.stop()));
  },
);

async function startAll() {
  const infos = [];
  for (const { index, directory, ticket } of specifications) {
    const created = await createNode(system, { index, directory, settings });
    nodes.set(index, created);
    created.onApplied((marker, atNs) => note(index, marker, atNs));
    infos.push({ index, info: await created.start() });
    if (ticket !== undefined) await created.rejoin(ticket);
  }
  return infos;
}

function note(index, marker, atNs) {
  if (index === 0) return;
  const times = applied.get(marker) ?? new Map();
  applied.set(marker, times);
  if (times.has(index)) return;
  times.set(index, atNs);
  const expected = specifications.filter((specification) => specification.index !== 0).length;
  if (times.size < expected) return;
  applied.delete(marker);
  report({ type: 'applied', marker, times: [...times.values()] });
}

function node(index) {
  const found = nodes.get(index);
  if (found === undefined) throw new Error(`node ${index} is not in this process`);
  return found;
}
