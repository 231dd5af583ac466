/** The bounds of dialling and of the address book, with the relations between them. */
import { assert } from '../assert.ts';
import { addressesPerPeerMax, peersEntriesMax } from '../limits.ts';

/** Members dialled at once. */
export const dialsMax = 4;
/** Up to this many members, ourselves included, everybody links to everybody. */
export const meshMembersMax = 8;
/** In larger groves a node dials until it has this many links … */
export const linksMin = 6;
/** … and gives links up above this many. */
export const linksMax = 8;
/** Of the links above `linksMax`, one in this many is given up each round, at least one. */
export const surplusShare = 8;

export const configuredPerPeerMax = 4;
export const verifiedPerPeerMax = 8;
export const hintsPerPeerMax = addressesPerPeerMax;
/** Hints for one peer that may come from one other member, so that no single liar fills the list. */
export const hintsPerPeerFromOneMax = 2;
/** Addresses looked at from one sender between two rounds: one full message. */
export const hintsPerSenderMax = peersEntriesMax * addressesPerPeerMax;
/** Addresses of one dial. */
export const targetsMax = configuredPerPeerMax + verifiedPerPeerMax + hintsPerPeerMax;

/** Dials to addresses nobody proved: this many more are allowed each round … */
export const unverifiedDialsPerRound = dialsMax * hintsPerPeerMax;
/** … and this many can be saved up. */
export const unverifiedDialsMax = 2 * unverifiedDialsPerRound;

/** Characters of an error that are kept for the operator. */
export const lastErrorCharactersMax = 256;
/** Addresses are told again after this many rounds, changed or not: about five minutes. */
export const roundsBetweenTellings = 10;

assert(linksMin <= linksMax && linksMax <= meshMembersMax, 'a grove just above a mesh can fill its links');
assert(dialsMax <= linksMin, 'one round alone never overshoots');
assert(hintsPerPeerFromOneMax < hintsPerPeerMax, 'one liar leaves room for an honest hint');
