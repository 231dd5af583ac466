/** A leader that serves its page, and a member: what tests of the feed look at. */
import { type Page, pageOf, signIn } from '../inspector/http.ts';
import type { Daemon, Place } from './support.ts';

export interface InspectedPair {
  readonly leader: Daemon;
  readonly member: Daemon;
  /** The leader's. */
  readonly page: Page;
  readonly session: { readonly cookie: string };
}

export async function startInspectedPair(place: Place): Promise<InspectedPair> {
  const leader = await place.start('leader', { argv: ['--inspect', '127.0.0.1:0'] });
  const member = await place.start('member');
  const page = pageOf(leader.dataDir);
  const session = await signIn(page);
  await leader.ask('grove', 'init', '--label', 'leader');
  const { invite } = (await leader.ask('grove', 'invite', member.fingerprint, 'member')) as {
    readonly invite: string;
  };
  await member.ask('grove', 'join', invite);
  return { leader, member, page, session };
}
