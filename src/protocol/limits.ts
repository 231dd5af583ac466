/**
 * Every bound of the protocol in one place, with the relations between them. A bound on bytes counts UTF-8
 * bytes; one on characters counts Unicode code points. Changing a bound that is marked as shared changes
 * what other implementations accept.
 */
import { assert } from './assert.ts';

// The payload (shared).
/** Canonical JSON of a payload; more is refused by every receiver. */
export let payloadBytesMax = 262_144;
/** Where a leader stops growing its payload, so that a payload it signs always has room to shrink. */
export let payloadBytesLeaderMax = 245_760;
export let membersMax = 2_000;
export const paramsMax = 1_024;
export const paramValueBytesMax = 65_536;
export const labelCharactersMax = 64;
export const nameCharactersMin = 3;
export const nameCharactersMax = 63;
/** Sequence numbers and every other integer on the wire. */
export const integerMax = Number.MAX_SAFE_INTEGER;

// Lines (shared). All without the newline.
export let versionLineBytesMax = 278_528;
export const peersLineBytesMax = 65_536;
/** Every other message, and what may arrive of a line before its type has to be readable. */
export const shortLineBytesMax = 4_096;
export let lineBytesMax = versionLineBytesMax;

// The strict reader (shared).
export const jsonDepthMax = 8;
export let jsonValuesMax = 20_000;
/** Decimal digits of a boot number: enough for any unsigned 64-bit integer. */
export const nonceDigitsMax = 20;

// Messages.
export const peersEntriesMax = 64;
export const addressesPerPeerMax = 4;
/** `[` IPv6 `]:` port, with room for a form nobody should use. */
export const addressBytesMax = 64;
export const timestampCharactersMax = 40;
/** A reason or an unknown message type, as far as it is kept. */
export const peerTextCharactersMax = 256;
/** A payload whose line has more bytes is announced with a hello before it is sent, unless an operator chose another bound. */
export const announceFirstBytesMax = 8_192;
/** Waiting for a peer to read; more closes the link as `busy`. Room for the newest payload, hints and some hellos. */
export const linkBufferedBytesMax = 1_048_576;

// Judging payloads.
/** How far in our future a payload may be dated before it is parked. */
export const futureToleranceMs = 5 * 60_000;
/** How old a payload may be when the draft's strict window is switched on. */
export const strictWindowMs = 5 * 60_000;
/** A wider jump of the sequence number is parked for the operator. */
export const seqJumpMax = 1_000_000;
export const parkedPayloadsMax = 4;
export const forkEvidenceMax = 16;
export const refusedPayloadsMax = 64;
/** How long a refused payload is remembered. */
export const refusedPayloadMs = 60 * 60_000;

// Queues of the machines.
/** Changes that wait to be published. */
export const publishQueueMax = 64;
/** Members a leader waits to hear from after a start, or all when they are fewer. */
export const publishHearingsMin = 2;
/** Payloads that wait to be judged; the oldest is dropped, and asked for again where it is announced. */
export const candidateQueueMax = 16;
/** Links remembered as announcers of one payload. */
export const announcersMax = 16;
/** Failures of children forgiven within one window before the node gives up. */
export const restartsMax = 5;
/** Failures of the links to one peer within the same window before its next links are turned away. */
export const linkFailuresMax = 5;
/** How often a member that does not know of the invitation is asked again. */
export const joinRetriesMax = 8;
/** Nodes that must say `revoked` before a member believes it, when none of them is the leader. */
export const revocationVoicesMin = 2;

// Links.
/** Two links of one peer: a dial of ours and a dial of theirs. */
export const linksPerPeerMax = 2;
/** Two keep-alive intervals and a half: an older link this quiet gives way to a newer one of the same direction. */
export const linkSilentMs = 25_000;
/** Boot numbers remembered for each fingerprint. */
export const bootHistoryMax = 4;

/** Two processes with one key are reported once as long as they meet within this. */
export const identityConflictMs = 10 * 60_000;

// Invites.
export const inviteInvitersMax = 16;
export const inviteCharactersMax = 8_192;

/** A canonical member with a label of one byte: a full grove must fit at least so. */
const memberBytesMin = '{"fp":"","label":""},'.length + 64 + 1;
const versionEnvelopeBytes = '{"type":"version","payload":,"signature":"","leader_key":""}'.length + 128 + 64;
const peersEntryBytesMax = 200 + addressesPerPeerMax * (addressBytesMax + 3) + 64 + timestampCharactersMax;

assert(payloadBytesLeaderMax < payloadBytesMax, 'a leader stops before receivers refuse');
assert(
  payloadBytesMax + versionEnvelopeBytes <= versionLineBytesMax,
  'every valid payload fits a version line',
);
assert(paramValueBytesMax < payloadBytesLeaderMax, 'one value of full length fits a payload');
assert(membersMax * memberBytesMin <= payloadBytesLeaderMax, 'a grove of full size fits a payload');
assert(
  1 + 16 + 3 * membersMax + 4 * paramsMax <= jsonValuesMax / 1.5,
  'a full payload stays under the value limit',
);
assert(peersEntriesMax * peersEntryBytesMax <= peersLineBytesMax, 'every list of hints fits a peers line');
assert(
  shortLineBytesMax < peersLineBytesMax && peersLineBytesMax < lineBytesMax,
  'version lines are the longest',
);
assert(linkBufferedBytesMax >= 2 * (lineBytesMax + 1), 'a link holds the line being sent and the next one');
assert(announceFirstBytesMax < payloadBytesLeaderMax, 'small payloads are pushed, large ones announced');
assert(inviteInvitersMax * 200 * 2 <= inviteCharactersMax, 'a full invite fits its bound');

/**
 * Raises the bounds that grow with the number of members, for a simulation that asks how a grove beyond them would
 * fare. Nothing that runs on a network calls it: whoever does accepts what nobody else accepts.
 */
export function stretchLimits(members: number): void {
  const factor = Math.ceil(members / membersMax);
  membersMax *= factor;
  payloadBytesMax *= factor;
  payloadBytesLeaderMax *= factor;
  versionLineBytesMax *= factor;
  lineBytesMax *= factor;
  jsonValuesMax *= factor;
}
