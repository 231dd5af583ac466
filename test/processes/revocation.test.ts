/** A member put out of its grove: what it learns, what it keeps, and that nobody lets it in again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askUntil, createPlace, type Daemon, type Place, type Watch } from './support.ts';

interface Status {
  readonly is_member: boolean;
  readonly state: string;
  readonly current_seq: number;
  readonly connected_peers: number;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

describe('a member that is revoked', () => {
  let place: Place;
  let a: Daemon;
  let b: Daemon;
  let c: Daemon;
  beforeEach(async () => {
    place = createPlace();
    a = await place.start('a');
    b = await place.start('b');
    c = await place.start('c');
    await a.ask('grove', 'init', '--label', 'a');
    await a.ask('grove', 'invite', b.fingerprint, 'b');
    const { invite } = (await a.ask('grove', 'invite', c.fingerprint, 'c')) as { invite: string };
    await b.ask('grove', 'join', invite);
    await c.ask('grove', 'join', invite);
    await a.ask('grove', 'param', 'set', 'greeting', 'hello');
    for (const daemon of [a, b, c]) {
      const watch = await daemon.follow('');
      await watch.event(({ type, seq }) => type === 'grove.payload-applied' && seq === 4, 'the param');
      await watch.until(
        async () => ((await statusOf(watch)).connected_peers === 2 ? true : null),
        'the mesh',
      );
    }
    // Only a peer that is known to hold the number before is sent the proof.
    const { client } = await a.follow();
    await askUntil(client, '/grove/peers', (peers) => (allHold(peers, 4) ? true : null), 'the answers');
  });
  afterEach(() => place.clear());

  // g[verify gossip.revocation]
  it('knows it, loses its links at once, and keeps its params and its operators', async () => {
    const watches = await Promise.all([a, b, c].map((daemon) => daemon.follow()));
    const [atA, atB, atC] = watches as [Watch, Watch, Watch];
    const startedAt = performance.now();
    expect(await a.ask('grove', 'revoke', c.fingerprint)).toMatchObject({ seq: 5, members_count: 2 });
    await Promise.all([
      atA.event(lostLinkTo(c), 'the end of the link at the leader'),
      atB.event(lostLinkTo(c), 'the end of the link at the member'),
      atC.event(lostLinkTo(a), 'the end of the link to the leader'),
      atC.event(lostLinkTo(b), 'the end of the link to the member'),
    ]);
    const closedMs = performance.now() - startedAt;
    console.info(`grove revoke: all links to the revoked node were closed after ${closedMs.toFixed(0)} ms`);
    for (const watch of [atA, atB]) {
      // Whoever closes first, they or the revoked node itself, says why.
      for (const { reason } of watch.events.filter(lostLinkTo(c))) {
        expect(reason).toMatch(/^(revoked: seq=5|ok: this node (was revoked|takes no links now))$/);
      }
    }
    await atB.event(({ type, fp }) => type === 'grove.member-revoked' && fp === c.fingerprint, 'the news');

    // The connection of its operator is the same as before.
    const status = await statusOf(atC);
    expect(status).toMatchObject({ is_member: true, state: 'revoked', current_seq: 5, connected_peers: 0 });
    expect(status.problems).toContainEqual({
      code: 'revoked',
      message: expect.stringContaining('grove leave'),
    });
    expect(await c.ask('grove', 'params')).toMatchObject([{ name: 'greeting', value: 'hello' }]);
    expect(await a.ask('grove', 'members')).toEqual([
      ...[
        { fingerprint: a.fingerprint, label: 'a' },
        { fingerprint: b.fingerprint, label: 'b' },
      ].sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1)),
    ]);

    // What the leader sets from now on does not reach it, and it is not dialled.
    await a.ask('grove', 'param', 'set', 'greeting', 'not for c');
    await atB.event(({ type, seq }) => type === 'grove.payload-applied' && seq === 6, 'the next number');
    expect(await c.ask('grove', 'params')).toMatchObject([{ name: 'greeting', value: 'hello' }]);
    for (const watch of [atA, atB]) expect(watch.events.filter(gotLinkTo(c))).toEqual([]);
  });

  // g[verify store.revoked] g[verify gossip.trust]
  it('is still revoked after a restart, and comes back only when it is invited again', async () => {
    const atC = await c.follow();
    await a.ask('grove', 'revoke', c.fingerprint);
    await atC.event(lostLinkTo(a), 'the end of the link');
    await c.stop();
    c = await place.start('c', { listen: c.listening });
    expect(await c.ask('grove', 'status')).toMatchObject({ state: 'revoked', current_seq: 5 });
    await c.stop();
    expect(c.log()).toContainEqual(expect.objectContaining({ level: 40, code: 'revoked' }));
    c = await place.start('c', { listen: c.listening });

    await c.ask('grove', 'leave');
    const refused = await c.ctl('grove', 'join', b.listening[0], b.fingerprint, a.fingerprint);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('this node was revoked: the leader has to invite it again');

    const { invite } = (await a.ask('grove', 'invite', c.fingerprint, 'c again')) as { invite: string };
    expect(await c.ask('grove', 'join', invite)).toMatchObject({ seq: 6 });
    expect(await c.ask('grove', 'status')).toMatchObject({ state: 'following' });
  });

  // g[verify gossip.suspicion] g[verify gossip.trust]
  it('while it was away is let in by nobody, and is told so by the leader', async () => {
    await c.stop();
    await a.ask('grove', 'revoke', c.fingerprint);
    const atB = await b.follow('');
    await atB.event(({ type, seq }) => type === 'grove.payload-applied' && seq === 5, 'the revocation');
    await a.stop();

    // One member alone is not believed, but it does not let the node in.
    c = await place.start('c', { listen: c.listening, argv: ['--log-level', 'debug'] });
    const atC = await c.follow('');
    await askUntil(
      atC.client,
      '/grove/peers',
      (peers) => (String(peerOf(peers, b)?.last_error).includes('revoked: seq=5') ? true : null),
      'the refusal',
    );
    expect(await statusOf(atC)).toMatchObject({ state: 'following', current_seq: 4, connected_peers: 0 });
    expect((await statusOf(atC)).problems.map(({ code }) => code)).toContain('no-links');

    // The leader is.
    a = await place.start('a', { listen: a.listening });
    await c.stop();
    c = await place.start('c', { listen: c.listening });
    const again = await c.follow('');
    const status = await askUntil(
      again.client,
      '/grove/status',
      (answer) => {
        const { state, ...others } = answer as unknown as Status;
        return state === 'suspected-revoked' ? others : null;
      },
      'the suspicion',
    );
    expect(status).toMatchObject({ is_member: true, current_seq: 4, connected_peers: 0 });
    expect(status.problems).toContainEqual({
      code: 'suspected-revoked',
      message: expect.stringContaining('ask the operator of the leader'),
    });
    expect(await c.ask('grove', 'params')).toMatchObject([{ name: 'greeting', value: 'hello' }]);
    for (const watch of [await a.follow(''), atB]) {
      const revoked = await watch.event(({ type }) => type === 'grove.member-revoked', 'the revocation');
      const later = watch.events.slice(watch.events.indexOf(revoked));
      expect(later.filter(gotLinkTo(c))).toEqual([]);
    }
    await b.stop();
    const refused = { level: 40, msg: 'a connection was refused', fingerprint: c.fingerprint };
    expect(b.log()).toContainEqual(expect.objectContaining({ ...refused, code: 4, reason: 'seq=5' }));
  });
});

async function statusOf({ client }: Watch): Promise<Status> {
  const answer = await client.request('/grove/status');
  if (!answer.ok) throw new Error(answer.reason.message);
  return answer.value as unknown as Status;
}

function peerOf(peers: unknown, { fingerprint }: Daemon) {
  const list = peers as readonly { readonly fingerprint: string; readonly last_error: string | null }[];
  return list.find((peer) => peer.fingerprint === fingerprint);
}

function allHold(peers: unknown, seq: number): boolean {
  return (peers as readonly { readonly seq: number | null }[]).every((peer) => peer.seq === seq);
}

function lostLinkTo(daemon: Daemon) {
  return ({ type, fp }: { readonly type: string; readonly fp?: unknown }) =>
    type === 'grove.peer-disconnected' && fp === daemon.fingerprint;
}

function gotLinkTo(daemon: Daemon) {
  return ({ type, fp }: { readonly type: string; readonly fp?: unknown }) =>
    type === 'grove.peer-connected' && fp === daemon.fingerprint;
}
