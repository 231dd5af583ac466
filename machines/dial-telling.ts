/** When linked peers hear where members can be reached, and of which. */
import { choosePeers, entriesOf } from '../src/protocol/index.ts';
import type { DialContext, DialStep, Untold } from './dial-context.ts';

// g[impl hint.when]
export function tellPeers(context: DialContext): DialStep {
  const { book, linked, listensOnLoopback, at, untold } = context;
  const own = { fingerprint: context.fingerprint, addresses: context.ownAddresses };
  const view = { book, linked, own, listensOnLoopback, at, random: context.random };
  const [entries, random] = choosePeers(view);
  const news = untold?.everything ? entries : entriesOf(view, untold?.members ?? []);
  return {
    changes: { untold: null, random },
    effects: [{ do: 'send', event: { type: 'peers.changed', entries, news } }],
  };
}

/** Has linked peers told of this, together with what else there is to tell by then. */
export function tellLater({ untold }: DialContext, more: Untold): DialStep {
  if (untold === null) return { changes: { untold: more }, effects: [{ do: 'tell-later' }] };
  const members = [...new Set([...untold.members, ...more.members])];
  return { changes: { untold: { everything: untold.everything || more.everything, members } }, effects: [] };
}

export function newsOf(...members: readonly string[]): Untold {
  return { everything: false, members };
}
