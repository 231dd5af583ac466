/**
 * The four messages between nodes, as one JSON object a line. Reading gives a verdict and never throws;
 * writing throws on a message that no peer would accept, since it would be our own mistake.
 */
import { parseAbortReason } from './abort-reasons.ts';
import { assert } from './assert.ts';
import { canonicalBytes } from './canonical.ts';
import { isHex } from './hex.ts';
import {
  addressBytesMax,
  addressesPerPeerMax,
  lineBytesMax,
  nonceDigitsMax,
  peersEntriesMax,
  peersLineBytesMax,
  peerTextCharactersMax,
  shortLineBytesMax,
  versionLineBytesMax,
} from './limits.ts';
import { isFingerprint, isUuid, nilUuid } from './names.ts';
import { isObject } from './payload.ts';
import { printable } from './printable.ts';
import { type JsonRefusalCode, parseStrictJsonWithNonce } from './strict-json.ts';
import { parseTimestamp } from './timestamp.ts';
import type {
  AbortMessage,
  GroveMessage,
  HelloMessage,
  Json,
  PeerEntry,
  PeersMessage,
  PushMode,
  Verdict,
  VersionMessage,
} from './types.ts';

/** A message of a type nobody told us about: counted and otherwise ignored. Its name is printable. */
export interface UnknownMessage {
  readonly type: 'unknown';
  readonly name: string;
}

/** Why a line closes the link. `detail` is for logs and holds nothing the peer wrote. */
export interface MalformedLine {
  readonly code: JsonRefusalCode | 'line_too_long' | 'not_a_message' | 'field';
  readonly detail: string;
}

export type MessageVerdict = Verdict<GroveMessage | UnknownMessage, MalformedLine>;

type JsonObject = { readonly [key: string]: Json };
type Read<Message> = Verdict<Message, MalformedLine>;

const encoder = new TextEncoder();

// g[impl read.line-limits]
/** How many bytes a line of this type may have, without its newline. */
export function lineBytesMaxOf(type: string): number {
  if (type === 'version') return versionLineBytesMax;
  return type === 'peers' ? peersLineBytesMax : shortLineBytesMax;
}

// g[impl message.one-object-a-line]
/** Reads one line without its newline. */
export function parseMessage(line: Uint8Array): MessageVerdict {
  if (line.length > lineBytesMax) return tooLong(line.length, lineBytesMax);
  const read = parseStrictJsonWithNonce(line);
  if (!read.ok) {
    const { code, message, at } = read.reason;
    return refuse(code, at === null ? message : `${message} (at ${at})`);
  }
  const { value, nonce } = read.value;
  if (!isObject(value) || typeof value.type !== 'string')
    return refuse('not_a_message', 'no object with a type');
  const bytesMax = lineBytesMaxOf(value.type);
  if (line.length > bytesMax) return tooLong(line.length, bytesMax);
  switch (value.type) {
    case 'hello':
      return readHello(value, nonce);
    case 'version':
      return readVersion(value);
    case 'peers':
      return readPeers(value);
    case 'abort':
      return readAbort(value);
    default:
      // g[impl message.unknown]
      return { ok: true, value: { type: 'unknown', name: printable(value.type, peerTextCharactersMax) } };
  }
}

/** One line without its newline, fields in the documented order. */
export function encodeMessage(message: GroveMessage): Uint8Array {
  const line = message.type === 'version' ? encodeVersion(message) : encoder.encode(textOf(message));
  assert(
    line.length <= lineBytesMaxOf(message.type),
    `a ${message.type} line of ${line.length} bytes is too long`,
  );
  return line;
}

/** A version line around canonical bytes that are already there: a payload is serialised once, however many peers get it. */
export function encodeVersionLine(canonical: Uint8Array, signature: string, leaderKey?: string): Uint8Array {
  assert(isHex(signature, 64), 'a signature is 128 hex digits');
  assert(leaderKey === undefined || isHex(leaderKey, 32), 'a leader key is 64 hex digits');
  const head = encoder.encode('{"type":"version","payload":');
  const key = leaderKey === undefined ? '' : `,"leader_key":"${leaderKey}"`;
  const tail = encoder.encode(`,"signature":"${signature}"${key}}`);
  const line = new Uint8Array(head.length + canonical.length + tail.length);
  line.set(head);
  line.set(canonical, head.length);
  line.set(tail, head.length + canonical.length);
  return line;
}

// g[impl message.version]
function encodeVersion(message: VersionMessage): Uint8Array {
  return encodeVersionLine(canonicalBytes(message.payload), message.signature, message.leader_key);
}

function textOf(message: Exclude<GroveMessage, VersionMessage>): string {
  switch (message.type) {
    case 'hello':
      return helloText(message);
    case 'peers': {
      assert(message.entries.length <= peersEntriesMax, 'too many peer entries');
      const entries = message.entries.map(({ fingerprint, addresses, last_seen }) => {
        assert(addresses.length <= addressesPerPeerMax, 'too many addresses for one peer');
        return { fingerprint, addresses, last_seen };
      });
      return JSON.stringify({ type: 'peers', entries });
    }
    case 'abort':
      return JSON.stringify({ type: 'abort', reason: message.reason });
  }
}

// g[impl message.hello-nonce]
/** The boot number goes out as the bare digits it is kept as: a JSON library would round large ones. */
function helloText(message: HelloMessage): string {
  assert(isNonce(message.nonce), 'a nonce is a whole number in decimal digits');
  const fields = JSON.stringify({
    type: 'hello',
    grove_id: message.grove_id,
    our_seq: message.our_seq,
    our_payload_hash: message.our_payload_hash,
    our_role: message.our_role,
    our_fingerprint: message.our_fingerprint,
    protocol_version: message.protocol_version,
  });
  const push = message.push === undefined ? '' : `,"push":"${message.push}"`;
  return `${fields.slice(0, -1)},"nonce":${message.nonce}${push}}`;
}

function isNonce(digits: string): boolean {
  return digits.length <= nonceDigitsMax && /^(?:0|[1-9][0-9]*)$/.test(digits);
}

// g[impl message.hello]
function readHello(value: JsonObject, nonce: string | null): Read<HelloMessage> {
  const { grove_id, our_seq, our_payload_hash, our_role, our_fingerprint, protocol_version, push } = value;
  if (typeof grove_id !== 'string' || !isUuid(grove_id)) return badField('hello', 'grove_id');
  if (typeof our_seq !== 'number' || our_seq < 0) return badField('hello', 'our_seq');
  // g[impl message.joining-hello]
  if (
    typeof our_payload_hash !== 'string' ||
    !(our_seq === 0 ? our_payload_hash === '' : isHex(our_payload_hash, 32))
  ) {
    return badField('hello', 'our_payload_hash');
  }
  if (grove_id === nilUuid && our_seq !== 0) return badField('hello', 'our_seq');
  if (our_role !== 'leader' && our_role !== 'follower') return badField('hello', 'our_role');
  if (typeof our_fingerprint !== 'string' || !isFingerprint(our_fingerprint))
    return badField('hello', 'our_fingerprint');
  if (typeof protocol_version !== 'number') return badField('hello', 'protocol_version');
  if (nonce === null) return badField('hello', 'nonce');
  if (push !== undefined && typeof push !== 'string') return badField('hello', 'push');
  const ids = { grove_id, our_seq, our_payload_hash, our_fingerprint };
  return { ok: true, value: { type: 'hello', ...ids, our_role, protocol_version, nonce, ...pushOf(push) } };
}

// g[impl message.push]
/** A wish we do not know is none: the peer is sent whole payloads. */
function pushOf(push: string | undefined): { push?: PushMode } {
  return push === 'version' || push === 'hello' ? { push } : {};
}

function readVersion(value: JsonObject): Read<VersionMessage> {
  const { payload, signature, leader_key } = value;
  if (!isObject(payload)) return badField('version', 'payload');
  if (typeof signature !== 'string' || !isHex(signature, 64)) return badField('version', 'signature');
  if (leader_key === undefined) return { ok: true, value: { type: 'version', payload, signature } };
  if (typeof leader_key !== 'string' || !isHex(leader_key, 32)) return badField('version', 'leader_key');
  return { ok: true, value: { type: 'version', payload, signature, leader_key } };
}

// g[impl message.peers]
function readPeers(value: JsonObject): Read<PeersMessage> {
  const { entries } = value;
  if (!Array.isArray(entries) || entries.length > peersEntriesMax) return badField('peers', 'entries');
  const read: PeerEntry[] = [];
  for (const entry of entries) {
    const peer = readPeerEntry(entry);
    if (peer === null) return badField('peers', 'entries');
    read.push(peer);
  }
  return { ok: true, value: { type: 'peers', entries: read } };
}

/** The form only; what an address means, and whether it may be dialled, is judged where it is used. */
function readPeerEntry(entry: Json): PeerEntry | null {
  if (!isObject(entry)) return null;
  const { fingerprint, addresses, last_seen } = entry;
  if (typeof fingerprint !== 'string' || !isFingerprint(fingerprint)) return null;
  if (!Array.isArray(addresses) || addresses.length > addressesPerPeerMax) return null;
  const texts = addresses.filter(
    (address) => typeof address === 'string' && address.length <= addressBytesMax,
  );
  if (texts.length !== addresses.length) return null;
  if (typeof last_seen !== 'string' || parseTimestamp(last_seen) === null) return null;
  return { fingerprint, addresses: texts, last_seen };
}

function readAbort(value: JsonObject): Read<AbortMessage> {
  const reason = parseAbortReason(value.reason);
  return reason === null ? badField('abort', 'reason') : { ok: true, value: { type: 'abort', reason } };
}

function badField(type: GroveMessage['type'], field: string): { ok: false; reason: MalformedLine } {
  return refuse('field', `the ${type} message's ${field} is missing or not as it must be`);
}

function tooLong(bytes: number, bytesMax: number): { ok: false; reason: MalformedLine } {
  return refuse('line_too_long', `a line of ${bytes} bytes, at most ${bytesMax} are allowed`);
}

function refuse(code: MalformedLine['code'], detail: string): { ok: false; reason: MalformedLine } {
  return { ok: false, reason: { code, detail } };
}
