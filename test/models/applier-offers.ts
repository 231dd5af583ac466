/** Payloads a member may be offered that holds number 42 of the example grove: what each of them really is. */
import type { CandidateVerified } from '../../machines/applier-actors.ts';
import type { Standing } from '../../machines/events.ts';
import type { Json, VersionMessage } from '../../src/protocol/types.ts';
import { offer, own, standingOf } from '../machines/grove-fixtures.ts';
import { example, fingerprints, noon, otherGroveId, stranger } from '../protocol/fixtures.ts';

export interface Offered {
  readonly name: string;
  readonly seq: number;
  readonly hash: string;
  readonly message: VersionMessage;
  readonly verified: CandidateVerified;
  /** What a store holds after it took this one. */
  readonly standing: Standing;
  /** The leader signed it. */
  readonly genuine: boolean;
  /** Why nobody may take it, seen without verifying it. */
  readonly foreign: string | null;
  /** Why nobody may take it though the leader signed it. */
  readonly broken: string | null;
  readonly dated: 'past' | 'future';
  readonly listsUs: boolean;
}

type Truth = Partial<Pick<Offered, 'genuine' | 'foreign' | 'broken' | 'dated' | 'listsUs'>>;
type Change = { readonly [field: string]: Json };

const withoutUs = example().members.filter(({ fp }) => fp !== own) as unknown as Json;
const tomorrow = { created_at: '2026-05-08T12:00:00Z' };
/** An hour after the payload dated in the future. */
export const later = noon + 25 * 3_600_000;

function offered(name: string, change: Change, truth: Truth = {}): Offered {
  const { candidate, verified, version } = offer(change, { signatureValid: truth.genuine ?? true });
  const members = (truth.listsUs ?? true) ? fingerprints : fingerprints.filter((fp) => fp !== own);
  return {
    name,
    seq: version.seq,
    hash: version.hash,
    message: candidate.message,
    verified,
    standing: {
      ...standingOf({ seq: version.seq }),
      version,
      signature: candidate.message.signature,
      members,
    },
    genuine: true,
    foreign: null,
    broken: null,
    dated: 'past',
    listsUs: true,
    ...truth,
  };
}

const greeting = (value: string): Change => ({
  seq: 42,
  params: [{ name: 'greeting', kind: 'text', value }] as unknown as Json,
});
const forks = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((value) => offered('fork', greeting(value)));
const held = standingOf();

function fork(name: string, fits: (hash: string) => boolean): Offered {
  const found = forks.find(({ hash }) => fits(hash));
  if (found === undefined) throw new Error('none of these hashes fits: add another value');
  return { ...found, name };
}

const same = offered('same', { seq: 42 });

export const offers: readonly Offered[] = [
  offered('next', {}),
  offered('second', { seq: 44 }),
  offered('removes us', { members: withoutUs }, { listsUs: false }),
  offered('future', { ...tomorrow, seq: 44 }, { dated: 'future' }),
  offered('leap', { ...tomorrow, seq: 42 + 1_000_002 }, { dated: 'future' }),
  offered('jump', { seq: 42 + 1_000_001 }),
  offered('forged', { seq: 45 }, { genuine: false }),
  offered('broken', { secrets: ['x'] as unknown as Json }, { broken: 'malformed' }),
  offered('foreign', { grove_id: otherGroveId }, { foreign: 'grove_mismatch' }),
  offered('usurper', { leader_fp: stranger.fingerprint }, { foreign: 'leader_mismatch' }),
  offered('old', { seq: 41 }),
  same,
  // The same payload, of which the signature was made anew.
  { ...same, name: 'signed again', message: { ...same.message, signature: 'ab'.repeat(64) } },
  fork('smaller', (hash) => hash < held.version.hash),
  fork('larger', (hash) => hash > held.version.hash),
];

export function offerOf(name: string): Offered {
  const found = offers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no payload is called ${name}`);
  return found;
}

/** Machines hand messages on as they are. */
export function nameOf(message: VersionMessage): string {
  return offers.find((one) => one.message === message)?.name ?? 'unknown';
}

export function nameOfHash(hash: string): string {
  return offers.find((one) => one.hash === hash)?.name ?? hash;
}

export { held };
