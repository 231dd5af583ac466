/** The rules of dialling: the address book, hints, back-off, and whom to dial next. */

export { type DialTimings, restDelay, roundDelay } from './back-off.ts';
export {
  type AddressSource,
  addConfigured,
  addHints,
  type Book,
  type BookRow,
  bookFromRows,
  changeRow,
  type DialPhase,
  emptyRow,
  forgetAddresses,
  type KnownAddress,
  proveAddress,
  type SavedRow,
  savedRow,
} from './book.ts';
export { choosePeers, entriesOf, type PeersView } from './choose-peers.ts';
export * from './dial-limits.ts';
export { type HintCircumstances, isTellable, type JudgedHints, judgeHints } from './judge-hints.ts';
export {
  type DialPlan,
  type DialTarget,
  type DialView,
  isMesh,
  missesLinks,
  type PlannedDial,
  planDials,
  planOne,
  planRound,
  tradedAway,
} from './plan-round.ts';
