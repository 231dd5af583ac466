/** The leader's drafts: made, signed, stored. Nothing leaves the node before the last step is done. */
import { fromCallback } from 'xstate';
import type {
  DraftDone,
  DraftInput,
  PublishRequest,
  SignDone,
  SignInput,
  StorePublishDone,
  StorePublishInput,
} from '../machines/publisher-machine.ts';
import {
  assert,
  draftPayload,
  formatTimestamp,
  type InitChange,
  signPayload,
  toJson,
} from '../src/protocol/index.ts';
import type { Change, Refusal } from '../src/protocol/types.ts';
import { commitPayload } from './commit.ts';
import type { GroveParts } from './parts.ts';
import { whenStoreFails } from './store-failure.ts';

type NoEvent = { type: string };

export function draftActor(parts: GroveParts) {
  return fromCallback<NoEvent, DraftInput>(({ input, sendBack }) => {
    sendBack(draft(parts, input));
  });
}

function draft({ ports, shelf, drafts }: GroveParts, { request, current }: DraftInput): DraftDone {
  const refusal = unexpected(request, current?.seq ?? 0);
  if (refusal !== null) return { type: 'draft.refused', refusal };
  const shelved = current === null ? null : shelf.get(current);
  assert(current === null || shelved !== null, 'the payload in force is at hand');
  const before = shelved?.payload ?? null;
  const change = changeOf(request, ports);
  const verdict = draftPayload(before, change, { now: ports.clock.now() });
  if (!verdict.ok) return { type: 'draft.refused', refusal: verdict.reason };
  // g[impl leader.unchanged]
  if (verdict.value.unchanged) return { type: 'draft.unchanged' };
  drafts.clear();
  drafts.set(request.requestId, verdict.value.payload);
  return { type: 'draft.ready' };
}

// g[impl leader.expect-seq]
function unexpected({ expectSeq }: PublishRequest, currentSeq: number): Refusal | null {
  if (expectSeq === null || expectSeq === currentSeq) return null;
  return {
    code: 'requirements_invalid',
    message: `another change came first: the grove is at ${currentSeq}, not at ${expectSeq}`,
    details: { current_seq: currentSeq },
  };
}

function changeOf({ change }: PublishRequest, { random, signer }: GroveParts['ports']): Change | InitChange {
  if (change.kind !== 'found') return change;
  return { kind: 'init', groveId: random.uuid(), leader: { fp: signer.fingerprint, label: change.label } };
}

export function signActor({ ports, shelf, drafts }: GroveParts) {
  return fromCallback<NoEvent, SignInput>(({ input, sendBack }) => {
    const payload = drafts.get(input.requestId);
    assert(payload !== undefined, 'a draft is signed after it was made');
    drafts.delete(input.requestId);
    const { signed, digest } = signPayload(toJson(payload), ports.signer);
    shelf.put(signed, digest);
    sendBack({ type: 'draft.signed', version: { seq: payload.seq, hash: digest.hash } } satisfies SignDone);
  });
}

export function storePublishActor(parts: GroveParts) {
  return fromCallback<NoEvent, StorePublishInput>(({ input, sendBack }) => {
    const { version, previous, request } = input;
    const audit = {
      at: formatTimestamp(parts.ports.clock.now()),
      actor: request.actor,
      method: 'publish',
      summary: summaryOf(request),
    };
    const done = whenStoreFails<StorePublishDone>(
      () => ({
        type: 'publish.stored',
        ...commitPayload(parts, { version, previous, revokesUs: false, replacesSameSeq: false, audit }),
      }),
      (detail) => ({
        type: 'publish.failed',
        refusal: { code: 'internal', message: `the change was not stored, and so not published: ${detail}` },
      }),
    );
    sendBack(done);
  });
}

/** One line for the audit log. Values of params are not repeated there. */
function summaryOf({ change }: PublishRequest): string {
  switch (change.kind) {
    case 'found':
      return `found a grove as ${change.label}`;
    case 'invite':
      return `invite ${change.member.fp} as ${change.member.label}`;
    case 'revoke':
      return `revoke ${change.fp}`;
    case 'republish':
      return 'publish the same content again';
    case 'params': {
      const set = change.set.map(({ name }) => name).join(', ');
      const unset = change.unset.join(', ');
      return [set === '' ? '' : `set ${set}`, unset === '' ? '' : `unset ${unset}`]
        .filter(Boolean)
        .join('; ');
    }
  }
}
