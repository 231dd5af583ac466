/** A node without a network or a disk: real drafts and signatures, kept in memory. For tests of the operator surface. */
import type {
  EventDelivery,
  GroveCommand,
  GroveStatus,
  NodeControl,
  PeerStatus,
  Problem,
} from '../../src/operator/control.ts';
import type { Signer } from '../../src/ports/signer.ts';
import type { StoredEvent } from '../../src/ports/store.ts';
import {
  canonicalBytes,
  diffPayloads,
  draftPayload,
  type InitChange,
  listChanges,
  payloadHash,
  signPayload,
  toJson,
} from '../../src/protocol/index.ts';
import type {
  Change,
  Json,
  Payload,
  Refusal,
  RequestActor,
  SignedPayload,
  Verdict,
} from '../../src/protocol/types.ts';
import { MemoryApps } from './memory-apps.ts';

interface Published {
  readonly payload: Payload;
  readonly signed: SignedPayload;
}

export interface Recorded {
  readonly method: string;
  readonly summary: string;
  readonly actor: RequestActor;
}

type Outcome = Verdict<{ readonly [key: string]: Json }, Refusal>;

const groveId = '0b0f6c1e-4f6f-4a44-9d2a-3a1de0b3c001';
const nowMs = Date.UTC(2026, 4, 7, 12, 34, 56);

export class MemoryControl implements NodeControl {
  readonly apps = new MemoryApps();
  readonly recorded: Recorded[] = [];
  readonly executed: { readonly command: GroveCommand; readonly actor: RequestActor }[] = [];
  linked: PeerStatus[] = [];
  problems: Problem[] = [];
  /** Set to act as a follower of somebody else. */
  leaderElsewhere: string | null = null;
  /** Set to let commands wait, as a real publish does. */
  gate: Promise<void> = Promise.resolve();
  /** Set to let the node fail. */
  fault: Error | null = null;
  keptEventsMax = 1_000;
  readonly #signer: Signer;
  #versions: Published[] = [];
  #events: StoredEvent[] = [];
  #nextEvent = 1;
  readonly #readers = new Set<() => void>();

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  get subscribers(): number {
    return this.#readers.size;
  }

  status(): GroveStatus {
    const current = this.#versions.at(-1)?.payload;
    const own_fp = this.#signer.fingerprint;
    if (current === undefined) return { is_member: false, state: 'outside', own_fp, problems: this.problems };
    return {
      is_member: true,
      state: this.leaderElsewhere === null ? 'leading' : 'following',
      role: this.leaderElsewhere === null ? 'leader' : 'follower',
      grove_id: current.grove_id,
      leader_fp: this.leaderElsewhere ?? current.leader_fp,
      own_fp,
      current_seq: current.seq,
      payload_hash: payloadHash(canonicalBytes(toJson(current))),
      created_at: current.created_at,
      members_count: current.members.length,
      params_count: current.params.length,
      connected_peers: this.linked.filter((peer) => peer.connected).length,
      problems: this.problems,
    };
  }

  members(): ReturnType<NodeControl['members']> {
    return this.#read(({ payload }) => payload.members.map(({ fp, label }) => ({ fingerprint: fp, label })));
  }

  params(): ReturnType<NodeControl['params']> {
    return this.#read(({ payload }) =>
      payload.params.map((param) => ({ ...param, version_seq: payload.seq })),
    );
  }

  peers(): ReturnType<NodeControl['peers']> {
    return this.#read(() => this.linked);
  }

  async history(options: {
    readonly limit?: number;
    readonly beforeSeq?: number;
  }): ReturnType<NodeControl['history']> {
    return this.#read(() =>
      this.#versions
        .map(({ payload }, index) => ({
          seq: payload.seq,
          created_at: payload.created_at,
          received_at: payload.created_at,
          actor: null,
          changes: listChanges(diffPayloads(this.#versions[index - 1]?.payload ?? null, payload)),
        }))
        .filter(({ seq }) => seq < (options.beforeSeq ?? Number.POSITIVE_INFINITY))
        .reverse()
        .slice(0, options.limit ?? 50),
    );
  }

  payload(seq?: number): ReturnType<NodeControl['payload']> {
    const found =
      seq === undefined ? this.#versions.at(-1) : this.#versions.find(({ payload }) => payload.seq === seq);
    if (found === undefined) return refused('not_found', 'no such payload is kept');
    return { ok: true, value: found.signed };
  }

  async execute(command: GroveCommand, actor: RequestActor): Promise<Outcome> {
    await this.gate;
    if (this.fault !== null) throw this.fault;
    this.executed.push({ command, actor });
    switch (command.type) {
      case 'init':
        return this.#publish({
          kind: 'init',
          groveId,
          leader: { fp: this.#signer.fingerprint, label: command.label },
        });
      case 'change':
        return this.#change(command.change, command.expectSeq);
      case 'join':
        if (this.#versions.length > 0) return refused('already_installed', 'this node is in a grove already');
        return {
          ok: true,
          value: {
            grove_id: command.invite.grove_id ?? groveId,
            seq: 7,
            leader_fp: command.invite.leader_fp,
          },
        };
      case 'leave':
        return this.#leave(command.force === true);
      case 'accept-jump':
        return refused('not_found', `no payload with the number ${command.seq} waits here`);
    }
  }

  subscribe(
    since: string | null,
    deliver: (delivery: EventDelivery) => boolean,
  ): { pull(): void; close(): void } {
    let cursor = since ?? this.#events.at(-1)?.id ?? '0';
    let caughtUp = false;
    let full = false;
    const give = (delivery: EventDelivery): boolean => {
      full = !deliver(delivery);
      return !full;
    };
    const advance = (): void => {
      if (full) return;
      const forgotten = Number(this.#events[0]?.id ?? 1) - 1;
      if (forgotten > 0 && cursor !== '' && cursor < eventId(forgotten)) {
        const from = cursor;
        cursor = eventId(forgotten);
        if (!give({ kind: 'gap', from, to: cursor })) return;
      }
      for (const event of this.#events.filter(({ id }) => id > cursor)) {
        cursor = event.id;
        if (!give({ kind: 'event', event })) return;
      }
      if (caughtUp) return;
      caughtUp = true;
      give({ kind: 'caught-up' });
    };
    this.#readers.add(advance);
    advance();
    const pull = (): void => {
      full = false;
      advance();
    };
    return { pull, close: () => this.#readers.delete(advance) };
  }

  record(entry: Recorded): void {
    this.recorded.push(entry);
    this.emit('keys-changed', { method: entry.method }, entry.actor);
  }

  audit(limit: number): ReturnType<NodeControl['audit']> {
    const lines = this.recorded.map((entry) => ({ at: '2026-05-07T12:34:56Z', ...entry }));
    return lines.reverse().slice(0, limit);
  }

  /** Writes an event, forgetting the oldest beyond the bound. */
  emit(type: string, data: { readonly [key: string]: Json }, actor?: RequestActor): void {
    const event = { id: eventId(this.#nextEvent), type, timestamp: '2026-05-07T12:34:56Z', data };
    this.#nextEvent += 1;
    this.#events = [...this.#events, actor === undefined ? event : { ...event, actor }].slice(
      -this.keptEventsMax,
    );
    for (const pull of [...this.#readers]) pull();
  }

  #change(change: Change, expectSeq: number | undefined): Outcome {
    const current = this.#versions.at(-1)?.payload;
    if (current === undefined) return refused('not_found', 'this node is in no grove');
    if (this.leaderElsewhere !== null) {
      return refused('requirements_invalid', 'not the leader', { leader_fp: this.leaderElsewhere });
    }
    if (expectSeq !== undefined && expectSeq !== current.seq) {
      return refused('requirements_invalid', 'another change came first', { current_seq: current.seq });
    }
    return this.#publish(change);
  }

  #publish(change: Change | InitChange): Outcome {
    const current = this.#versions.at(-1)?.payload ?? null;
    const draft = draftPayload(current, change, { now: nowMs });
    if (!draft.ok) return draft;
    const payload = draft.value.unchanged ? current : draft.value.payload;
    if (payload === null) throw new Error('an unchanged draft of nothing');
    if (!draft.value.unchanged) {
      this.#versions.push({ payload, signed: signPayload(toJson(payload), this.#signer).signed });
      this.emit('grove.payload-applied', { seq: payload.seq, params_changed: [], members_changed: false });
    }
    // Everything, as a node does: what each method answers is for the methods to say.
    const { seq, grove_id, leader_fp, members } = payload;
    return { ok: true, value: { grove_id, seq, leader_fp, members_count: members.length } };
  }

  #leave(force: boolean): Outcome {
    if (this.#versions.length === 0) return refused('not_found', 'this node is in no grove');
    if (!force && this.leaderElsewhere === null)
      return refused('requirements_invalid', 'this node leads: force it');
    this.#versions = [];
    return { ok: true, value: {} };
  }

  #read<Value>(of: (current: Published) => Value): Verdict<Value, Refusal> {
    const current = this.#versions.at(-1);
    return current === undefined
      ? refused('not_found', 'this node is in no grove')
      : { ok: true, value: of(current) };
  }
}

function eventId(number: number): string {
  return String(number).padStart(8, '0');
}

function refused(
  code: Refusal['code'],
  message: string,
  details?: Refusal['details'],
): { ok: false; reason: Refusal } {
  return { ok: false, reason: details === undefined ? { code, message } : { code, message, details } };
}
