/**
 * What the news may do, from `gossip.ask-one`, `gossip.pull`, `gossip.swap`, `gossip.refused` and `gossip.announcement`:
 * an announced payload is asked of one link at a time, in the order they announced, and never one that is here or was
 * refused. When it comes, the link is called nearer that knew of it although another was to bring it: who was asked for it,
 * or, when nobody was, the first of those with a link that carries announcements only.
 */
import type { SupervisorToNews } from '../../machines/events.ts';
import type { Coming } from '../../machines/peer-events.ts';
import type { Happening } from './model.ts';
import { demand, to } from './model.ts';

interface Offer {
  readonly linkId: string;
  readonly seq: number;
  readonly hash: string;
  readonly comes: Coming;
}

export interface NewsMemory {
  readonly held: number;
  /** Refused for a while, or set aside: then `forMs` is null. */
  readonly refused: readonly { readonly hash: string; readonly forMs: number | null }[];
  /** Who can be asked, in order. */
  readonly offers: readonly Offer[];
  /** The number that is wanted; null while nothing is. */
  readonly wanted: { readonly seq: number; readonly hash: string } | null;
  /** Asked, and not given up. */
  readonly asked: Offer | null;
  readonly announces: boolean;
}

export function beginNews(heldSeq: number, refused: NewsMemory['refused']): NewsMemory {
  return { held: heldSeq, refused, offers: [], wanted: null, asked: null, announces: false };
}

type NewsHappening = Happening<
  | SupervisorToNews
  | { readonly type: 'announce.due' }
  | { readonly type: 'refusal.over'; readonly hash: string }
>;

export function judgeNews(before: NewsMemory, happening: NewsHappening): NewsMemory {
  const heard = hear(before, happening);
  const [next, pull] = decide(heard.memory, heard);
  const pulls = to(happening.rows, 'parent').filter(({ type }) => type === 'news.pull');
  demand(pulls.length <= 1, 'one link is asked at a time');
  const asked = (pulls[0] as { linkId?: string } | undefined)?.linkId ?? null;
  demand(asked === pull, `asks ${asked}, should ask ${pull}`);
  judgeNearer(before, happening);
  judgeAnnouncement(before, happening);
  judgeTimers(next, happening);
  return next;
}

interface Heard {
  readonly memory: NewsMemory;
  /** Somebody has to be asked now, if there is anybody. */
  readonly moves: boolean;
}

/** What an event changes, and whether the wait it may belong to is over. */
function hear(memory: NewsMemory, { event }: NewsHappening): Heard {
  const { held, refused, offers, wanted, asked } = memory;
  const stays = (changes: Partial<NewsMemory>): Heard => ({
    memory: { ...memory, ...changes },
    moves: false,
  });
  const moves = (changes: Partial<NewsMemory>): Heard => ({ memory: { ...memory, ...changes }, moves: true });
  switch (event.type) {
    case 'peer.announced': {
      const { seq, hash } = event.version;
      if (seq <= held || refused.some((one) => one.hash === hash)) return stays({});
      const { linkId } = event;
      const others = offers.filter((offer) => offer.linkId !== linkId);
      const now = {
        offers: [...others, { linkId, seq, hash, comes: event.comes }],
        wanted: wanted !== null && wanted.seq >= seq ? wanted : { seq, hash },
      };
      return event.comes === 'when-asked' && asked === null ? moves(now) : stays(now);
    }
    case 'news.arrived': {
      const { seq } = event.version;
      if (wanted === null) return stays({ held: Math.max(held, seq) });
      if (seq >= wanted.seq)
        return stays({ held: Math.max(held, seq), offers: [], wanted: null, asked: null });
      const left = offers.filter((offer) => offer.seq > Math.max(held, seq));
      const answered = asked !== null && left.length > 0 && offers.some((offer) => offer.seq > seq);
      const now = { held: Math.max(held, seq), offers: left };
      return answered ? moves(now) : stays(now);
    }
    case 'news.refused': {
      const { hash } = event;
      const left = offers.filter((offer) => offer.hash !== hash);
      const others = refused.filter((one) => one.hash !== hash);
      const now = { refused: [...others, { hash, forMs: event.forMs }], offers: left };
      if (wanted === null || hash !== wanted.hash) return stays(now);
      const best = left.reduce<Offer | null>(
        (top, offer) => (top !== null && top.seq >= offer.seq ? top : offer),
        null,
      );
      const rest = { ...now, wanted: best === null ? null : { seq: best.seq, hash: best.hash } };
      return asked === null ? stays(rest) : moves(rest);
    }
    case 'news.link-gone': {
      const left = offers.filter((offer) => offer.linkId !== event.linkId);
      return event.linkId === asked?.linkId ? moves({ offers: left }) : stays({ offers: left });
    }
    case 'standing.lost':
      return stays({ held: 0, refused: [], offers: [], wanted: null, asked: null });
    case 'refusal.over':
      // What is set aside is not asked for at all.
      return stays({ refused: refused.filter(({ hash, forMs }) => hash !== event.hash || forMs === null) });
    case 'news.stored':
      return stays({ announces: true });
    case 'announce.due':
      return stays({ announces: false });
    default:
      // A wait of its own is over: for it to come by itself, or for an answer.
      return moves({});
  }
}

/** Whom to ask now. */
function decide(memory: NewsMemory, { moves }: Heard): [NewsMemory, string | null] {
  if (!moves) return [memory, null];
  const [first, ...others] = memory.offers;
  if (first === undefined) return [{ ...memory, wanted: null, asked: null }, null];
  return [{ ...memory, offers: others, asked: first }, first.linkId];
}

/** What came was known sooner to whoever announced that very payload, is still linked and was not to bring it. */
function judgeNearer({ wanted, asked, offers }: NewsMemory, { event, rows }: NewsHappening): void {
  const named = to(rows, 'parent').filter(({ type }) => type === 'news.nearer');
  demand(named.length <= 1, 'one link is called nearer at a time');
  const nearer = (named[0] as { linkId?: string } | undefined)?.linkId ?? null;
  const isHere = event.type === 'news.arrived' && wanted !== null && event.version.seq >= wanted.seq;
  const knew = (asked === null ? offers : [asked]).filter(
    ({ seq, hash }) => isHere && seq === event.version.seq && hash === event.version.hash,
  );
  // A link that carries payloads would announce a long one again; being asked for it made it a branch.
  const sooner = knew.filter(
    ({ comes }) => comes === 'over-another' || (comes === 'over-either' && asked !== null),
  );
  const first = sooner[0]?.linkId ?? null;
  demand(nearer === first, `calls ${nearer} nearer, should call ${first}`);
}

function judgeAnnouncement({ announces }: NewsMemory, { event, rows, planned, after }: NewsHappening): void {
  const said = to(rows, 'parent').filter(({ type }) => type === 'news.announce').length;
  demand(said === (event.type === 'announce.due' ? 1 : 0), 'announces when it is due and at no other time');
  demand(event.type !== 'announce.due' || (planned && announces), 'announces what was stored');
  const plans = after.planned.filter((plan) => plan.event.type === 'announce.due').length;
  const due = event.type === 'news.stored' || (announces && event.type !== 'announce.due');
  demand(plans === (due ? 1 : 0), 'what is stored is announced once, in a moment');
  const again =
    announces &&
    rows.some((row) => 'raise' in row && 'type' in row.raise && row.raise.type === 'announce.due');
  demand(!again, 'an announcement is not put off');
}

/** Whoever wants something waits for a moment that comes. */
function judgeTimers({ wanted, asked, refused }: NewsMemory, { after }: NewsHappening): void {
  const ends = after.planned.flatMap(({ event }) => ('hash' in event ? [String(event.hash)] : []));
  const refusedForAWhile = refused.flatMap(({ hash, forMs }) => (forMs === null ? [] : [hash]));
  demand(ends.toSorted().join() === refusedForAWhile.toSorted().join(), 'a refusal ends after an hour');
  const waits = after.planned.map(({ event }) => /^xstate\.after\.([^.]+)/.exec(event.type)?.[1]);
  demand(waits.includes('pullTimeout') === (asked !== null), 'who was asked has two seconds');
  // With nothing wanted any more, the moment may run out all the same.
  const waitsForIt = wanted !== null && asked === null;
  demand(waits.includes('pullDelay') || !waitsForIt, 'what may come by itself has a moment');
  demand(
    !(waits.includes('pullDelay') && asked !== null),
    'who was asked is given two seconds, and no other wait',
  );
}
