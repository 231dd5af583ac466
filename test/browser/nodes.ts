/** Real nodes that serve the inspector's page, and groves of them made by the command line. */
import type { PeerStatus } from '../../src/operator/control.ts';
import { askUntil, connectLocally, type Daemon, type Place } from '../processes/support.ts';

export function startInspected(place: Place, name: string, argv: readonly string[] = []): Promise<Daemon> {
  return place.start(name, { argv: ['--inspect', '127.0.0.1:0', ...argv] });
}

/**
 * Founds a grove on the first and lets the others join, all under these labels; resolves when each has a link to the
 * leader, and the leader knows that each is level with it.
 */
export async function growGrove<const Labels extends readonly [string, ...string[]]>(
  place: Place,
  labels: Labels,
): Promise<{ readonly [Index in keyof Labels]: Daemon }> {
  const [first, ...others] = labels;
  const leader = await startInspected(place, first);
  await leader.ask('grove', 'init', '--label', first);
  const members: Daemon[] = [];
  for (const label of others) {
    const member = await startInspected(place, label);
    const invited = await leader.ask('grove', 'invite', member.fingerprint, label);
    await member.ask('grove', 'join', (invited as { readonly invite: string }).invite);
    members.push(member);
  }
  const watch = await leader.follow('');
  for (const { fingerprint } of members) {
    await watch.event(({ type, fp }) => type === 'grove.peer-connected' && fp === fingerprint, 'a link');
  }
  await levelWith(leader);
  return [leader, ...members] as unknown as { readonly [Index in keyof Labels]: Daemon };
}

/** Resolves when a leader knows that whoever it is linked with holds its newest number. Who lacks it gets no proof of a removal. */
export async function levelWith(leader: Daemon): Promise<void> {
  const { current_seq } = (await leader.ask('grove', 'status')) as { readonly current_seq: number };
  const client = await connectLocally(leader.dataDir);
  const isLevel = (peers: unknown) =>
    (peers as readonly PeerStatus[]).every(({ connected, seq }) => !connected || seq === current_seq);
  await askUntil(client, '/grove/peers', (peers) => (isLevel(peers) ? true : null), 'level peers');
  await client.dispose();
}
