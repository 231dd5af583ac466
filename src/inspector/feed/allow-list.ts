/**
 * The allow-list of the feed: what of each machine's context and of each event between actors may be shown. Values of
 * params, seeds and whole payloads are not on it. A test compares it with the machines, so a new field is decided upon.
 */
import { each, type Fields, fields, plain, plainOr } from './shown.ts';

const version = fields(plain('seq', 'hash'));
/** An abort's reason, a close's, or a refusal's. */
const reason = plainOr(plain('other', 'code', 'message', 'detail'));
const standing = fields({
  ...plain('groveId', 'leaderFingerprint', 'leaderKey', 'role', 'createdAt', 'lineBytes'),
  version,
  signature: 'hidden',
  members: each('plain'),
});
const pin = fields(plain('leaderFingerprint', 'leaderKey', 'groveId', 'acceptRollback'));
const requestActor = fields({ ...plain('kind', 'id', 'display'), session: 'hidden' });
const target = fields(plain('address', 'fingerprint'));
const failure = fields(plain('address', 'kind', 'code', 'detail'));
const end = fields(plain('by', 'code', 'reason', 'at'));
/** A `version` of the wire: which payload it is, not what is in it. */
const payload = fields(plain('grove_id', 'seq', 'created_at', 'leader_fp'));
const message = fields({ ...plain('type', 'leader_key'), payload, signature: 'hidden' });
const candidate = fields({ ...plain('linkId', 'fingerprint'), message });
const change = fields({
  ...plain('kind', 'fp', 'label'),
  member: fields(plain('fp', 'label')),
  set: each(fields(plain('name', 'kind'))),
  unset: each('plain'),
});
const publishRequest = fields({
  ...plain('requestId', 'expectSeq', 'force'),
  change,
  actor: requestActor,
});
const row = fields({
  ...plain(
    'fingerprint',
    'lastConnectedAt',
    'lastSeenAt',
    'phase',
    'failures',
    'unsteady',
    'lastError',
    'trading',
  ),
  addresses: each(fields(plain('address', 'source', 'proven', 'from'))),
});
const ours = fields({ ...plain('groveId', 'leaderFingerprint', 'role', 'boot'), version });
const appRequest = fields(plain('requestId', 'app', 'what'));
const operation = fields(plain('id', 'kind'));
const waitingParam = fields(plain('appParam', 'seq'));
const appSeed = fields({
  ...plain('app', 'installed', 'attempts', 'work', 'installAgain'),
  leftovers: each('plain'),
});
const refusedHash = fields(plain('hash', 'untilMs', 'forMs'));
const announcer = fields({ ...plain('linkId', 'comes'), version });

/** By the machine's id. A machine that is not here shows nothing of its context. */
export const contextShapes: { readonly [machine: string]: Fields } = {
  supervisor: {
    ...plain('revoked', 'linksMade', 'source', 'publishes', 'degraded', 'restarts', 'failure'),
    input: 'hidden',
    standing,
    links: each(
      fields(
        plain(
          'linkId',
          'fingerprint',
          'direction',
          'address',
          'order',
          'boot',
          'greetedAt',
          'wanted',
          'push',
          'branch',
          'retiring',
        ),
      ),
    ),
    told: each('plain'),
    unannounced: fields({
      ...plain('type', 'linkId', 'fingerprint', 'boot', 'lineBytes'),
      version,
      membersRemoved: each('plain'),
    }),
    boots: each(each('plain')),
    revocationVoices: each('plain'),
    book: 'hidden',
    peerEntries: 'hidden',
    join: fields({
      ...plain('requestId', 'attempts', 'retries', 'linkId'),
      actor: requestActor,
      pin,
      targets: each(target),
      failures: each(failure),
    }),
    leaving: fields({ ...plain('requestId', 'missed'), actor: requestActor }),
    publishing: each('plain'),
    accepting: 'plain',
    appRequests: each('plain'),
    conflicts: each('plain'),
    linkFailures: each('plain'),
  },
  peer: {
    ...plain('linkId', 'direction', 'fingerprint', 'address', 'ownFingerprint', 'boot'),
    ...plain('theyWant', 'weWant', 'wishUnsaid', 'grafted', 'lacksPush', 'announceFirstBytes'),
    ours,
    theirs: ours,
    newest: fields({ version, lineBytes: 'plain' }),
    sent: version,
    told: version,
    aborted: reason,
    closing: fields(plain('code', 'reason')),
    end,
  },
  dialLoop: {
    ...plain('fingerprint', 'listensOnLoopback', 'roundMs', 'more', 'unverifiedLeft'),
    ...plain('roundsSinceTelling', 'at'),
    members: each('plain'),
    book: each(row),
    linked: each('plain'),
    ownAddresses: each('plain'),
    random: 'hidden',
    timings: each('plain'),
    hintsLooked: each('plain'),
    unsaved: each('plain'),
    untold: fields({ ...plain('everything'), members: each('plain') }),
  },
  dialAttempt: {
    ...plain('attempt', 'started'),
    targets: each(target),
    failures: each(failure),
    winner: fields(plain('address', 'fingerprint', 'linkId')),
  },
  publisher: {
    ...plain('ownFingerprint', 'settled', 'heardSeq'),
    current: version,
    members: each('plain'),
    heard: each('plain'),
    queue: each(publishRequest),
    request: publishRequest,
    signed: version,
  },
  applier: {
    ...plain('ownFingerprint', 'strictTimestampWindow', 'hash', 'lineBytes', 'degraded'),
    screened: fields({ ...plain('kind', 'leaderKey', 'seq', 'detail'), reason }),
    standing,
    pin,
    queue: each(candidate),
    candidate,
    verdict: fields({
      ...plain('kind', 'keep', 'why', 'seq', 'floorSeq', 'revokesUs', 'detail'),
      reason,
      version,
    }),
    refused: each(refusedHash),
    parked: each('plain'),
    accepting: fields(plain('requestId', 'seq')),
    now: 'plain',
    forks: each('plain'),
  },
  paramActuator: {
    apps: each('plain'),
    broken: each('plain'),
    asked: each(fields(plain('app', 'requestId'))),
  },
  app: {
    ...plain('app', 'installed', 'attempts', 'work', 'installAgain', 'failed'),
    heard: each('plain'),
    request: appRequest,
    operation,
    leftovers: each('plain'),
  },
  news: {
    ...plain('heldSeq', 'announcing'),
    asked: announcer,
    wanted: version,
    announcers: each(announcer),
    refused: each(refusedHash),
  },
};

/** One list for all events: a name means the same wherever it is used. */
export const eventShape: Fields = {
  ...plain(
    'linkId',
    'fingerprint',
    'address',
    'direction',
    'boot',
    'at',
    'attempt',
    'kind',
    'code',
    'by',
    'from',
  ),
  ...plain(
    'detail',
    'greeted',
    'comes',
    'replaced',
    'seq',
    'hash',
    'requestId',
    'expectSeq',
    'force',
    'label',
    'what',
    'on',
  ),
  ...plain('actorId', 'error', 'listensOnLoopback', 'now', 'canonicalBytes', 'lineBytes', 'signatureValid'),
  ...plain(
    'floorSeq',
    'push',
    'branch',
    'grove_id',
    'our_seq',
    'our_payload_hash',
    'our_role',
    'our_fingerprint',
  ),
  ...plain('protocol_version', 'nonce', 'leader_key'),
  ...plain('app', 'installAgain', 'attempts', 'succeeded'),
  operation,
  request: appRequest,
  seed: appSeed,
  apps: each(plainOr({ ...plain('app'), params: each(waitingParam) })),
  params: each(waitingParam),
  leftovers: each('plain'),
  reason,
  aborted: reason,
  outcome: plainOr({ ...plain('kind', 'seq', 'why', 'detail'), reason, version }),
  output: fields({ ...plain('outcome', 'address', 'fingerprint', 'linkId'), attempts: each(failure) }),
  version,
  current: version,
  standing,
  pin,
  payload,
  message,
  change,
  actor: requestActor,
  members: each('plain'),
  membersAdded: each('plain'),
  membersRemoved: each('plain'),
  paramsChanged: each('plain'),
  ownAddresses: each('plain'),
  targets: each(target),
  attempts: each(failure),
  entries: each(fields({ ...plain('fingerprint', 'last_seen'), addresses: each('plain') })),
  rows: each(row),
  candidates: each(candidate),
  refusal: fields(plain('code', 'message')),
  farewell: fields(plain('code', 'reason')),
  signature: 'hidden',
};
