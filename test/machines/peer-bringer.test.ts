/** Who brought a payload has it: what a link makes of that, and how it tells who it was. */
import { type Case, checkCases, exchanging, sends, steady, theirs, wants } from './peer-cases.ts';
import { fromThem, groveId, linked, short, verified, version } from './peer-fixture.ts';

const six = { version: version(6), lineBytes: short };

const cases: readonly Case[] = [
  {
    title: 'hands nothing back to the peer that brought it, and knows that it holds it',
    from: linked(),
    event: verified(version(6), fromThem),
    value: steady,
    changes: { newest: six, theirs: theirs(version(6), groveId, 5) },
  },
  {
    title: 'hands nothing back over a second link to the peer that brought it',
    from: linked(),
    event: verified(version(6), { ...fromThem, linkId: 'link-2' }),
    value: steady,
    changes: { newest: six, theirs: theirs(version(6), groveId, 5) },
  },
  // g[verify gossip.once]
  {
    title: 'hands it on to a process with the key of the peer that brought it, which may not hold it',
    from: linked(),
    event: verified(version(6), { ...fromThem, linkId: 'link-2', boot: '8' }),
    value: exchanging,
    changes: { newest: six, sent: version(6) },
    rows: [sends(version(6)), wants('version', true)],
  },
  {
    title: 'hands nothing back to the peer whose payload had been set aside',
    from: linked(),
    event: verified(version(6), { ...fromThem, linkId: null, boot: null }),
    value: steady,
    changes: { newest: six, theirs: theirs(version(6), groveId, 5) },
  },
  {
    title: 'does not forget that the peer holds more than the payload it once brought',
    from: linked(version(7)),
    event: verified(version(6), { ...fromThem, linkId: null }),
    value: exchanging,
    changes: { newest: six },
  },
];

checkCases('linked and hears who brought a payload', cases, ['payload.verified']);
