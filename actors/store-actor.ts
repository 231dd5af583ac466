/** The store as actors: each writes one thing in one step, and says how it went. */
import { fromCallback } from 'xstate';
import type {
  KeepDone,
  KeepInput,
  ParkedRead,
  QueuedCandidate,
  StoreDone,
  StoreInput,
} from '../machines/applier-actors.ts';
import type { BookSave } from '../machines/dial-events.ts';
import type { DepartDone } from '../machines/events.ts';
import { abortReasonText, assert, formatTimestamp, refusedPayloadMs } from '../src/protocol/index.ts';
import { commitPayloadSoon } from './commit.ts';
import type { GroveParts } from './parts.ts';
import { storeFailureDetail, whenStoreFails } from './store-failure.ts';

type Nothing = Record<never, never>;
type NoEvent = { type: string };

/** Stores a payload that was verified and handed on. */
export function storePayloadActor(parts: GroveParts) {
  return fromCallback<NoEvent, StoreInput>(({ input, sendBack }) => {
    const tell = (event: StoreDone) => sendBack(event);
    const failed = (detail: string) => tell({ type: 'store.failed', detail });
    // The links go on while the disk works. Whoever stops this actor meanwhile hears no more of it.
    whenStoreFails(
      () =>
        commitPayloadSoon(parts, input, (committed, failure) => {
          if (failure === null) tell({ type: 'payload.stored', ...committed });
          else failed(storeFailureDetail(failure));
        }),
      failed,
    );
  });
}

/** Keeps what is not in force: parked payloads, refusals, evidence of forks. */
export function keepAsideActor(parts: GroveParts) {
  return fromCallback<NoEvent, KeepInput>(({ input, sendBack }) => {
    const done = whenStoreFails<KeepDone>(
      () => {
        keepAside(parts, input);
        return { type: 'kept' };
      },
      (detail) => ({ type: 'keep.failed', detail }),
    );
    sendBack(done);
  });
}

function keepAside({ ports, shelf }: GroveParts, input: KeepInput): void {
  const { store, clock } = ports;
  const now = clock.now();
  switch (input.kind) {
    case 'refuse': {
      const until = formatTimestamp(now + refusedPayloadMs);
      store.refuse({ hash: input.hash, reason: abortReasonText(input.reason), until });
      break;
    }
    case 'park': {
      const payload = shelf.get(input.version);
      if (payload === null) return;
      const { hash, seq } = input.version;
      const { leader_key } = payload.signed;
      assert(leader_key !== null, 'what is set aside was verified with a key');
      const signed = { ...payload.signed, leader_key };
      const parkedAt = formatTimestamp(now);
      store.park({ hash, seq, signed, reason: input.why, peerFingerprint: input.fingerprint, parkedAt });
      break;
    }
    case 'evidence': {
      const seenAt = formatTimestamp(now);
      const held = input.versions.flatMap((version) => {
        const payload = shelf.get(version);
        return payload === null ? [] : [{ version, signed: payload.signed }];
      });
      // One leader signed both sides: the key of the one that came serves for ours, should it be unknown.
      const leaderKey = held.map(({ signed }) => signed.leader_key).find((key) => key !== null);
      if (leaderKey === undefined) return;
      const evidence = held.map(({ version, signed }) => {
        const whole = { ...signed, leader_key: signed.leader_key ?? leaderKey };
        return { ...version, signed: whole, peerFingerprint: input.fingerprint, seenAt };
      });
      store.keepForkEvidence(evidence);
      break;
    }
  }
}

/** Reads back what is parked, to be judged again. */
export function readParkedActor({ ports, log }: GroveParts) {
  return fromCallback<NoEvent, Nothing>(({ sendBack }) => {
    const parked = whenStoreFails<ReturnType<typeof ports.store.parked>>(
      () => ports.store.parked(),
      (detail) => {
        log.warn('payloads that wait could not be read', { detail });
        return [];
      },
    );
    const candidates = parked.map(({ signed, peerFingerprint }): QueuedCandidate => {
      return {
        linkId: null,
        fingerprint: peerFingerprint,
        boot: null,
        message: { type: 'version', ...signed },
      };
    });
    sendBack({ type: 'parked.read', candidates } satisfies ParkedRead);
  });
}

// g[impl membership.floor]
/** Ends the membership and keeps its floor. */
export function departGroveActor({ ports }: GroveParts) {
  return fromCallback<NoEvent, Nothing>(({ sendBack }) => {
    const { store } = ports;
    const done = whenStoreFails<DepartDone>(
      () => {
        const membership = store.membership();
        const unmapped = store.apps.mappings().map(({ app, appParam, groveParam }) => {
          return { app, appParam, groveParam };
        });
        if (membership !== null) {
          const { groveId, leaderFingerprint, current } = membership;
          store.leave({ groveId, leaderFingerprint, seqMax: current.seq });
        }
        return { type: 'grove.departed', unmapped };
      },
      (detail) => ({ type: 'depart.failed', detail }),
    );
    sendBack(done);
  });
}

/** Saves rows of the address book. A batch that cannot be written is lost: the next one has what matters. */
export function bookkeeperActor({ ports, log }: GroveParts) {
  return fromCallback<BookSave, Nothing>(({ receive }) => {
    receive(({ rows }) => {
      const failure = whenStoreFails<string | null>(
        () => {
          ports.store.savePeers(rows.map((row) => ({ label: null, ...row })));
          return null;
        },
        (detail) => detail,
      );
      if (failure !== null) log.warn('the address book could not be saved', { detail: failure });
    });
  });
}
