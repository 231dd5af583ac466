/** A peer that keeps no rules: quiche driven by hand over a UDP socket, with whatever settings a test wants. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { type NativeConfig, type NativeConnection, quiche } from '../../src/transport/native.ts';
import { afterThisTest, alpn, Inbox } from './fixture.ts';

export interface RawConfigOptions {
  /** PEM of key and certificate; null shows none. */
  readonly credentials: { readonly key: string; readonly certificate: string } | null;
  readonly alpn?: string;
  readonly signatureAlgorithms?: string;
}

export function rawConfig(options: RawConfigOptions): NativeConfig {
  const { credentials } = options;
  const config = quiche.Config.withBoringSslCtx(
    false,
    true,
    null,
    credentials === null ? null : [Buffer.from(credentials.key)],
    credentials === null ? null : [Buffer.from(credentials.certificate)],
    options.signatureAlgorithms ?? 'ed25519',
  );
  config.setApplicationProtos([options.alpn ?? alpn]);
  config.setMaxIdleTimeout(30_000);
  config.setInitialMaxData(1_000_000);
  config.setInitialMaxStreamDataBidiLocal(1_000_000);
  config.setInitialMaxStreamDataBidiRemote(1_000_000);
  config.setInitialMaxStreamDataUni(1_000_000);
  config.setInitialMaxStreamsBidi(8);
  config.setInitialMaxStreamsUni(8);
  config.setMaxSendUdpPayloadSize(1_350);
  return config;
}

export async function bindSocket(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  afterThisTest(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { socket, port: socket.address().port };
}

export interface RawPeer {
  readonly native: NativeConnection;
  readonly socket: Socket;
  /** Every datagram that came back. */
  readonly received: Inbox<Buffer>;
  /** Resolves when quiche says the handshake is done. */
  readonly established: Promise<void>;
  /** Resolves when the connection is over, with quiche's two views of why. */
  readonly over: Promise<{ peer: string | null; local: string | null }>;
  /** Sends what quiche has to say. */
  pump(): void;
}

/** Starts a handshake with `address` (`127.0.0.1:port`). `deaf` peers process no answer. */
export async function rawDial(
  address: string,
  config: NativeConfig,
  options: { readonly session?: Uint8Array; readonly deaf?: boolean | 'but for retries' } = {},
): Promise<RawPeer> {
  const { socket, port } = await bindSocket();
  const serverPort = Number(address.split(':')[1]);
  const local = { host: '127.0.0.1', port };
  const remote = { host: '127.0.0.1', port: serverPort };
  const native = quiche.Connection.connect(null, randomBytes(16), local, remote, config);
  if (options.session !== undefined) native.setSession(options.session);
  const received = new Inbox<Buffer>();
  const buffer = Buffer.alloc(1_350);
  const pump = (): void => {
    for (let sent = native.send(buffer); sent !== null; sent = native.send(buffer)) {
      socket.send(Buffer.from(buffer.subarray(0, sent[0])), serverPort, '127.0.0.1');
    }
  };
  let becomeEstablished = (): void => {};
  let end = (_why: { peer: string | null; local: string | null }): void => {};
  const established = new Promise<void>((resolve) => {
    becomeEstablished = resolve;
  });
  const over = new Promise<{ peer: string | null; local: string | null }>((resolve) => {
    end = resolve;
  });
  socket.on('message', (datagram) => {
    received.put(Buffer.from(datagram));
    if (options.deaf === true) return;
    if (options.deaf === 'but for retries' && packetType(datagram) !== 'retry') return;
    try {
      native.recv(datagram, { from: remote, to: local });
    } catch {
      // Read from `localError` below.
    }
    pump();
    if (native.isEstablished()) becomeEstablished();
    if (native.isDraining() || native.isClosed()) {
      end({ peer: errorText(native.peerError()), local: errorText(native.localError()) });
    }
  });
  pump();
  return { native, socket, received, established, over, pump };
}

/** `app 1 reason` or `transport 372`. */
function errorText(error: { isApp: boolean; errorCode: number; reason: Uint8Array } | null): string | null {
  if (error === null) return null;
  const reason = Buffer.from(error.reason).toString('utf8');
  return error.isApp ? `app ${error.errorCode} ${reason}`.trim() : `transport ${error.errorCode}`;
}

/** What kind of long-header packet a datagram starts with (RFC 9000, section 17.2). */
export function packetType(datagram: Buffer): 'initial' | 'retry' | 'version-negotiation' | 'other' {
  const first = datagram[0] ?? 0;
  if ((first & 0x80) === 0) return 'other';
  if (datagram.readUInt32BE(1) === 0) return 'version-negotiation';
  const type = (first >> 4) & 3;
  return type === 0 ? 'initial' : type === 3 ? 'retry' : 'other';
}
