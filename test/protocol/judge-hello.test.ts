/** What a hello means: go on, abort, or give the connection up. */
import { describe, expect, it } from 'vitest';
import { type HelloMessage, judgeHello, nilUuid, type OurStanding } from '../../src/protocol/index.ts';
import { exampleHello, fingerprints, groveId, leader, otherGroveId } from './fixtures.ts';

const [theirFp = '', ourFp = ''] = fingerprints;
const hash = 'ab'.repeat(32);

const standing = (change: Partial<OurStanding> = {}): OurStanding => ({
  fingerprint: ourFp,
  leaderFingerprint: leader.fingerprint,
  groveId,
  version: { seq: 42, hash },
  protocolVersion: 1,
  ...change,
});
const judge = (hello: Partial<HelloMessage>, ours: Partial<OurStanding> = {}, fingerprint = theirFp) =>
  judgeHello(standing(ours), fingerprint, exampleHello(hello));

describe('judgeHello', () => {
  // g[verify message.relation]
  it.each([
    ['level', 42, hash],
    ['we-are-ahead', 41, 'ff'.repeat(32)],
    ['they-are-ahead', 43, '00'.repeat(32)],
    ['fork', 42, 'cd'.repeat(32)],
  ])('finds the relation %s from seq first and hash only then', (relation, our_seq, our_payload_hash) => {
    expect(judge({ our_seq, our_payload_hash })).toEqual({
      kind: 'accept',
      speak: 1,
      relation,
      joiner: false,
    });
  });

  it('gives the same answer to the same hello twice', () => {
    expect(judge({ push: 'hello' })).toEqual(judge({ push: 'hello' }));
  });

  // g[verify message.hello-identity]
  it('ends a connection whose hello names another fingerprint than TLS proved', () => {
    expect(judge({ our_fingerprint: ourFp })).toMatchObject({ kind: 'protocol-error' });
    expect(judge({}, {}, leader.fingerprint)).toMatchObject({ kind: 'protocol-error' });
  });

  it('recognises its own key on the other side', () => {
    expect(judge({ our_fingerprint: ourFp }, {}, ourFp)).toEqual({ kind: 'ourselves' });
  });

  // g[verify message.protocol-version]
  it('speaks the smaller version, and aborts below 1', () => {
    expect(judge({ protocol_version: 9 })).toMatchObject({ speak: 1 });
    expect(judge({ protocol_version: 2 }, { protocolVersion: 3 })).toMatchObject({ speak: 2 });
    const reason = { other: 'unsupported_protocol_version' };
    expect(judge({ protocol_version: 0 })).toEqual({ kind: 'abort', reason });
    expect(judge({ protocol_version: -1 })).toEqual({ kind: 'abort', reason });
  });

  // g[verify message.grove-mismatch]
  it('aborts for another grove, before it looks at who is ahead', () => {
    const abort = { kind: 'abort', reason: 'grove_mismatch' };
    expect(judge({ grove_id: otherGroveId })).toEqual(abort);
    expect(judge({ grove_id: otherGroveId, our_seq: 99 })).toEqual(abort);
  });

  // g[verify message.seq-regression]
  it('aborts for a number below the one that was claimed on the link before', () => {
    const again = (our_seq: number) => judgeHello(standing(), theirFp, exampleHello({ our_seq }), 42);
    expect(again(41)).toEqual({ kind: 'abort', reason: 'seq_regression' });
    expect([again(42), again(43)]).toMatchObject([{ kind: 'accept' }, { kind: 'accept' }]);
  });

  // g[verify message.leader-role]
  it('takes the role of leader from the leader alone', () => {
    expect(judge({ our_role: 'leader' })).toEqual({ kind: 'abort', reason: 'leader_mismatch' });
    const hello = { our_role: 'leader' as const, our_fingerprint: leader.fingerprint };
    expect(judge(hello, {}, leader.fingerprint)).toMatchObject({ kind: 'accept' });
  });

  // g[verify message.joining-hello]
  it('is ahead of a peer that joins, and behind any grove while joining itself', () => {
    const joining = { grove_id: nilUuid, our_seq: 0, our_payload_hash: '' };
    expect(judge(joining)).toEqual({ kind: 'accept', speak: 1, relation: 'we-are-ahead', joiner: true });
    const ours = { groveId: null, version: { seq: 0, hash: '' } };
    expect(judge({ grove_id: otherGroveId }, ours)).toMatchObject({
      relation: 'they-are-ahead',
      joiner: false,
    });
    expect(judge(joining, ours)).toMatchObject({ relation: 'level', joiner: true });
    // An invite that named the grove holds the joiner to it.
    expect(judge({ grove_id: otherGroveId }, { ...ours, groveId })).toMatchObject({
      reason: 'grove_mismatch',
    });
  });
});
