/**
 * JavaScript libp2p gossipsub as a node under test: TCP, noise, yamux, messages signed and checked, every other
 * setting the library's own. Two limits that would punish it only because all nodes share one address are
 * lifted: the five inbound connections a second for each host, and the score for sharing an address.
 */
import './with-resolvers.mjs';
import { gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { pickDistinct, seededRandom } from '../../lib/random.mjs';
import { nowNs } from '../../lib/time.mjs';
import { createDocument, markerOf } from '../node-under-test.mjs';

const topic = 'document';

export async function createNode({ settings }) {
  let handler = () => {};
  const node = await createLibp2p({
    start: false,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
    services: {
      identify: identify(),
      pubsub: gossipsub({ scoreParams: { IPColocationFactorWeight: 0 } }),
    },
  });
  const { pubsub } = node.services;
  pubsub.addEventListener('message', ({ detail: message }) => {
    const atNs = nowNs();
    handler(markerOf(Buffer.from(message.data).toString('latin1', 0, 16)), atNs);
  });

  const join = async (addresses) => {
    await Promise.all(addresses.map((address) => node.dial(multiaddr(address))));
  };
  return {
    async start() {
      await node.start();
      pubsub.subscribe(topic);
      return node.getMultiaddrs()[0].toString();
    },
    async found(infos) {
      const random = seededRandom(settings.seed);
      return infos.map((_, index) =>
        pickDistinct(random, infos.length, settings.linksPerNode, index).map((peer) => infos[peer]),
      );
    },
    join,
    rejoin: join,
    linkCount: () => pubsub.getMeshPeers(topic).length,
    async publish(marker) {
      await pubsub.publish(topic, Buffer.from(createDocument(marker, settings.documentBytes)));
    },
    onApplied(next) {
      handler = next;
    },
    stop: () => node.stop(),
  };
}
