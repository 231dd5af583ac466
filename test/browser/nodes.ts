/** Real nodes that serve the inspector's page, and groves of them made by the command line. */
import type { Daemon, Place } from '../processes/support.ts';

export function startInspected(place: Place, name: string, argv: readonly string[] = []): Promise<Daemon> {
  return place.start(name, { argv: ['--inspect', '127.0.0.1:0', ...argv] });
}

/**
 * Founds a grove on the first and lets the others join, all under these labels; resolves when each has a link to the
 * leader.
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
  return [leader, ...members] as unknown as { readonly [Index in keyof Labels]: Daemon };
}
