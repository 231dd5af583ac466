/** The door of the rules: pure functions and types, loadable in a daemon, a browser and a simulation alike. */

export {
  abortReasonText,
  knownAbortReasons,
  otherAbortReasons,
  otherReason,
  parseAbortReason,
} from './abort-reasons.ts';
export {
  type Address,
  type AddressKind,
  formatAddress,
  normaliseAddress,
  normaliseAddresses,
  parseAddress,
} from './address.ts';
export * from './app-limits.ts';
export {
  type AppPlan,
  type AppRequestChange,
  boundValueProblem,
  effectiveValues,
  type HeldApp,
  type HeldValue,
  isRunFor,
  missingValues,
  type PlannedRun,
  planChange,
  untoldChanges,
  type WaitingValue,
} from './app-plan.ts';
export type * from './app-types.ts';
export { assert } from './assert.ts';
export { decodeBase64url, encodeBase64url } from './base64url.ts';
export { canonicalBytes, canonicalText, utf8Length } from './canonical.ts';
export {
  type CloseCode,
  closeCodeName,
  closeCodes,
  parseRevokedReason,
  revokedReason,
} from './close-codes.ts';
export * from './dialling/index.ts';
export {
  type DraftVerdict,
  draftPayload,
  type InitChange,
  type PayloadDraft,
  toJson,
} from './draft-payload.ts';
export { createPureSigner, type PureSigner, verifyEd25519 } from './ed25519.ts';
export { type FramingRefusal, LineSplitter, type PushedLines } from './framing.ts';
export { sha256Hex } from './hash.ts';
export { decodeHex, encodeHex, isHex } from './hex.ts';
export { type HookNews, hookEnvironment, hookInput, paramVariable } from './hook-input.ts';
export { decodeInvite, encodeInvite, type Invite, type InviteRefusal, inviteFromParts } from './invite.ts';
export { type BootVerdict, judgeBoot } from './judge-boot.ts';
export { judgeDuplicateLinks, type LinkChoice, type PeerLink } from './judge-duplicate-links.ts';
export {
  type HelloVerdict,
  judgeHello,
  type OurStanding,
  protocolVersion,
  type Relation,
  relate,
} from './judge-hello.ts';
export {
  type CandidateVerdict,
  type Holding,
  type Judged,
  type JudgeOptions,
  judgeCandidate,
  judgeVerified,
  type RefusedVerdict,
  type VerifiedCandidate,
  type VerifiedVerdict,
} from './judge-version.ts';
export {
  fingerprintOfKey,
  type KeyRefusal,
  keyOfSpki,
  publicKeyRefusal,
  type SignatureRefusal,
  shortFingerprint,
  signatureRefusal,
  spkiOfKey,
} from './keys.ts';
export * from './limits.ts';
export { isListed, memberFingerprints, missingFrom } from './member-list.ts';
export {
  encodeMessage,
  encodeVersionLine,
  lineBytesMaxOf,
  type MalformedLine,
  type MessageVerdict,
  parseMessage,
  type UnknownMessage,
} from './messages.ts';
export {
  isFingerprint,
  isName,
  isParamKind,
  isSecretKind,
  isUuid,
  isWellFormed,
  labelProblem,
  nameRule,
  nilUuid,
  paramKinds,
  secretKinds,
} from './names.ts';
export {
  isStepDue,
  type OperationStep,
  operationSteps,
  type StepProgress,
} from './operation-steps.ts';
export { paramValueProblem } from './param-values.ts';
export {
  abortReasonOf,
  describePayloadRefusal,
  isObject,
  isSeq,
  type PayloadExpectation,
  type PayloadRefusal,
  payloadView,
  validatePayload,
} from './payload.ts';
export {
  diffPayloads,
  listChanges,
  type ParamSet,
  type ParamUnset,
  type PayloadChange,
  type PayloadDiff,
} from './payload-diff.ts';
export { printable } from './printable.ts';
export {
  type Drawn,
  jitter,
  nextBelow,
  nextFloat,
  nextUint32,
  pick,
  type RandomState,
  seedRandom,
  shuffle,
} from './random.ts';
export {
  digestPayload,
  type PayloadDigest,
  type PayloadSigner,
  type PayloadVerifier,
  payloadHash,
  type SignatureDomain,
  signatureDomains,
  signBytes,
  signedBytes,
  signPayload,
  verifyDigest,
} from './signing.ts';
export {
  announcesAtOnce,
  goesAtOnce,
  type HelloSelf,
  helloFrom,
  isBranch,
  type LinkNews,
  owesPayload,
  sameVersion,
} from './spread.ts';
export {
  type JsonRefusal,
  type JsonRefusalCode,
  type JsonWithNonce,
  parseStrictJson,
  parseStrictJsonWithNonce,
} from './strict-json.ts';
export { formatTimestamp, parseTimestamp } from './timestamp.ts';
export type * from './types.ts';
