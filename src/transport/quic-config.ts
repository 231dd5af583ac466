/** How quiche is set up: mutual TLS that judges nothing but the signature, finite windows, no migration. */
import type { Identity } from './identity.ts';
import type { TransportLimits } from './limits.ts';
import { type NativeConfig, quiche } from './native.ts';

/** The largest payload a UDP datagram can carry. */
const datagramBytesAcceptedMax = 65_527;

/** Settings for accepted connections. Protocols and their stream limits are filled in as they register. */
export function serverConfig(identity: Identity, limits: TransportLimits): NativeConfig {
  const config = commonConfig(identity, limits);
  config.setInitialMaxStreamsUni(limits.clientUnidirectionalStreamsMax);
  return config;
}

/** Settings for dials that offer one protocol. */
export function clientConfig(identity: Identity, limits: TransportLimits, alpn: string): NativeConfig {
  const config = commonConfig(identity, limits);
  config.setApplicationProtos([alpn]);
  config.setInitialMaxStreamsBidi(limits.serverStreamsMax);
  config.setInitialMaxStreamsUni(limits.serverStreamsMax);
  return config;
}

// t[impl tls.mutual]
function commonConfig(identity: Identity, limits: TransportLimits): NativeConfig {
  const key = Buffer.from(identity.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const certificate = Buffer.from(identity.certificate);
  // A certificate is demanded of both sides, and whatever chain, name or date it has is let through: the
  // fingerprint of its key is judged after the handshake. Only Ed25519 may sign.
  const config = quiche.Config.withBoringSslCtx(true, true, null, [key], [certificate], 'ed25519');
  // t[impl idle.timeout]
  config.setMaxIdleTimeout(limits.idleTimeoutMs);
  config.setInitialMaxData(limits.connectionWindowBytes);
  config.setInitialMaxStreamDataBidiLocal(limits.streamWindowBytes);
  config.setInitialMaxStreamDataBidiRemote(limits.streamWindowBytes);
  config.setInitialMaxStreamDataUni(limits.streamWindowBytes);
  config.setMaxConnectionWindow(limits.connectionWindowBytesMax);
  config.setMaxStreamWindow(limits.streamWindowBytesMax);
  config.setMaxSendUdpPayloadSize(limits.datagramBytesMax);
  config.setMaxRecvUdpPayloadSize(datagramBytesAcceptedMax);
  config.setDisableActiveMigration(true);
  // Datagrams leave when they are made: there is no timer fine enough to pace them.
  config.enablePacing(false);
  return config;
}
