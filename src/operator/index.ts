/** The door of the operator interface: its server for the daemon, its client for everybody else. */
export type * from './app-control.ts';
export {
  type ConnectOptions,
  connectOver,
  type EventLine,
  type EventSubscription,
  type OperatorClient,
} from './client.ts';
export {
  type ClosableOperatorClient,
  type ConnectOperatorOptions,
  connectOperator,
  probeFingerprint,
} from './connect.ts';
export type * from './control.ts';
export {
  addressFileName,
  defaultDataDirectory,
  type Environment,
  inspectorUrlFileName,
  readInspectorUrl,
  readNodeAddresses,
  readNodeFingerprint,
  userStateDirectory,
} from './data-directory.ts';
export { errorTable, isErrorCode, refuse } from './errors.ts';
export {
  type AuthorisedKey,
  type AuthorisedKeys,
  type AuthorisedKeysOptions,
  keysFileName,
  type OperatorKeyStore,
  openAuthorisedKeys,
} from './keys.ts';
export type { KeyLine } from './keys-file.ts';
export { type KnownHosts, knownHostsFileName, openKnownHosts } from './known-hosts.ts';
export { type OperatorLimits, operatorLimits } from './limits.ts';
export { ensureLocalOperatorKey, loadUserKey, readLocalOperatorKey } from './local-key.ts';
export type { MethodOutcome } from './method.ts';
export { methodNames } from './methods.ts';
export { OperatorError, type OperatorFailure } from './operator-error.ts';
export { packageRoot, packageVersion } from './package-root.ts';
export { type OperatorServer, type OperatorServerOptions, operatorAlpn, serveOperators } from './server.ts';
export type { Timers } from './timers.ts';
