/** Our node as a node under test: the daemon's own composition, in this process, on loopback. */
import { keepHeapSmall } from '../../../dist/src/daemon/heap.js';
import { nowNs } from '../../lib/time.mjs';
import { createDocument, markerOf } from '../node-under-test.mjs';

keepHeapSmall(); // as the daemon does, and as early
const { startNode } = await import('../../../dist/src/daemon/node.js');

const actor = { kind: 'bench', id: 'bench', display: 'bench' };
const param = 'document';

export async function createNode({ index, directory, settings }) {
  let handler = () => {};
  let node;
  let events;

  const execute = async (command) => {
    const outcome = await node.control.execute(command, actor);
    if (!outcome.ok) throw new Error(`${command.type}: ${outcome.reason.message}`);
    return outcome.value;
  };
  const tell = (atNs) => {
    const params = node.control.params();
    const document = params.ok ? params.value.find(({ name }) => name === param) : undefined;
    if (document !== undefined) handler(markerOf(document.value), atNs);
  };

  return {
    async start() {
      node = await startNode({ dataDir: directory, listen: ['127.0.0.1:0'] });
      events = node.control.subscribe(null, (delivery) => {
        const atNs = nowNs();
        if (delivery.kind === 'event' && delivery.event.type === 'grove.payload-applied') tell(atNs);
        return true;
      });
      tell(nowNs()); // what it held from before
      return { fingerprint: node.endpoint.fingerprint, address: node.endpoint.listening[0] };
    },
    async found(infos) {
      const { grove_id: groveId, leader_fp: leaderFingerprint } = await execute({
        type: 'init',
        label: 'node-0',
      });
      for (const [other, { fingerprint }] of infos.entries()) {
        if (other === index) continue;
        await execute({
          type: 'change',
          change: { kind: 'invite', member: { fp: fingerprint, label: `node-${other}` } },
        });
      }
      const invite = {
        inviters: [infos[0]],
        leader_fp: leaderFingerprint,
        leader_key: null,
        grove_id: groveId,
      };
      return infos.map((_, other) => (other === index ? null : invite));
    },
    join: (invite) => execute({ type: 'join', invite }),
    rejoin: async () => {}, // its data directory says what it belongs to
    linkCount() {
      const status = node.control.status();
      return status.is_member ? status.connected_peers : 0;
    },
    async publish(marker) {
      const value = createDocument(marker, settings.documentBytes);
      await execute({
        type: 'change',
        change: { kind: 'params', set: [{ name: param, kind: 'text', value }], unset: [] },
      });
    },
    onApplied(next) {
      handler = next;
    },
    async stop() {
      events?.close();
      await node?.close();
    },
  };
}
