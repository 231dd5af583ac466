/** Links of a simulated network, against the transport contract. */

import { calmConditions } from '../../src/simulation/world/conditions.ts';
import { NodeClock } from '../../src/simulation/world/node-clock.ts';
import { SeededRandom } from '../../src/simulation/world/seeded-random.ts';
import { VirtualNetwork } from '../../src/simulation/world/virtual-network.ts';
import { VirtualTime } from '../../src/simulation/world/virtual-time.ts';
import { transportContract } from '../contract/transport-contract.ts';

/** Longer than anything in the contract takes. */
const patienceMs = 120_000;

transportContract('a simulated network', async () => {
  const time = new VirtualTime();
  const network = new VirtualNetwork({
    time,
    random: new SeededRandom(1, 'contract'),
    conditions: calmConditions,
    watch: { lineSent: () => {}, lineReceived: () => {}, datagrams: () => {} },
  });
  const host = (node: number) => {
    const own = { node, fingerprint: `${node}`.repeat(64), address: `10.0.0.${node}:7891` };
    return { transport: network.attach(own, new NodeClock(time, node)), fingerprint: own.fingerprint };
  };
  return {
    one: host(1),
    other: host(2),
    until: async (isSo) => {
      const end = time.now + patienceMs;
      while (!isSo()) if (time.step(end) === null) throw new Error('it never came to be');
    },
  };
});
