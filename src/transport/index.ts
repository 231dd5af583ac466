/** The door of the transport: identity, the shared endpoint, and gossip's links on it. */

export { dialableAddresses, dialableAddressesMax } from './dialable-addresses.ts';
export { createEndpoint, type EndpointOptions, listenMax } from './endpoint.ts';
export type { LinkRenewal } from './grove-link.ts';
export {
  createGroveLinks,
  type GroveLinks,
  type GroveLinksOptions,
  groveAlpn,
  linkRenewalDefault,
} from './grove-links.ts';
export {
  createEphemeralIdentity,
  fingerprintFileName,
  type Identity,
  IdentityError,
  keyFileName,
  loadIdentity,
  loadIdentityFile,
} from './identity.ts';
export { type TransportLimits, transportLimits } from './limits.ts';
export { silentLog, type TransportLog } from './log.ts';
export { createNodeSigner } from './node-signer.ts';
export { dialOnlyListen, probeFingerprint } from './probe.ts';
export { systemTimers, type TransportTimers } from './timers.ts';
export type * from './types.ts';
export { ListenError } from './udp-socket.ts';
