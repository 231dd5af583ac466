/** The one place that names the quiche binding. Everything above speaks of `NativeConnection`. */
import { quiche } from '@matrixai/quic/native/index.js';
import type { Config, Connection, Header, Host, RecvInfo } from '@matrixai/quic/native/types.js';

export { quiche };
export type NativeConnection = Connection;
export type NativeConfig = Config;
export type NativeHeader = Header;
export type NativeHost = Host;
export type NativeReceiveInfo = RecvInfo;

/** What the binding throws carries the name of quiche's error, for instance `StreamReset(5)`. */
export function nativeErrorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
