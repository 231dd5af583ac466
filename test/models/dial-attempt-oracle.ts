/**
 * What one race over addresses may do, from `dial.race` and `dial.cancel`: in order, each address once, the next one
 * after a moment or when one fails; the first to connect wins, and nothing is left of the others.
 */

import type { DialAttemptEvent, DialAttemptInput } from '../../machines/dial-attempt-machine.ts';
import type { AddressFailure } from '../../machines/dial-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, type Happening } from './model.ts';

export interface AttemptMemory {
  /** Each address once. */
  readonly addresses: readonly string[];
  readonly dialled: number;
  readonly failures: readonly { readonly address: string; readonly kind: string }[];
  /** Null while the race goes on. */
  readonly end: null | 'failed' | { readonly address: string; readonly linkId: string };
}

/** What the machine must not dial beyond. */
const targetsMax = 16;

export function beginAttempt(
  { targets }: DialAttemptInput,
  rows: readonly Row[],
  after: Happening<never>['after'],
) {
  const addresses = [...new Set(targets.map(({ address }) => address))].slice(0, targetsMax);
  const first: AttemptMemory = {
    addresses,
    dialled: 0,
    failures: [],
    end: addresses.length === 0 ? 'failed' : null,
  };
  return check(first, addresses.length === 0 ? first : { ...first, dialled: 1 }, rows, after);
}

export function judgeAttempt(before: AttemptMemory, { event, rows, after }: Happening<DialAttemptEvent>) {
  return check(before, hear(before, event), rows, after);
}

function hear(memory: AttemptMemory, event: DialAttemptEvent): AttemptMemory {
  const { addresses, dialled, failures } = memory;
  const next = { ...memory, dialled: Math.min(dialled + 1, addresses.length) };
  switch (event.type) {
    case 'stagger.over':
      return next;
    case 'address.connected':
      return open(memory).includes(event.address)
        ? { ...memory, end: { address: event.address, linkId: event.linkId } }
        : memory;
    case 'address.failed': {
      if (!open(memory).includes(event.address)) return memory;
      const failed = { ...next, failures: [...failures, { address: event.address, kind: event.kind }] };
      return open(failed).length === 0 ? { ...failed, end: 'failed' } : failed;
    }
    default: {
      // Time is up: whoever did not answer has failed.
      const silent = open(memory).map((address) => ({ address, kind: 'timeout' }));
      return { ...memory, failures: [...failures, ...silent], end: 'failed' };
    }
  }
}

function check(
  before: AttemptMemory,
  next: AttemptMemory,
  rows: readonly Row[],
  after: Happening<never>['after'],
): AttemptMemory {
  const started = rows.flatMap((row) => ('spawn' in row ? [(row.input as { address: string }).address] : []));
  const due = next.addresses.slice(before.dialled, next.dialled);
  demand(started.join() === due.join(), `dials ${started}, should dial ${due}`);
  const alive = after.children.map(({ id }) => id).toSorted();
  const running = next.end === null ? open(next).map((address) => `address.${address}`) : [];
  demand(alive.join() === running.toSorted().join(), `${alive} run, should be ${running}`);
  if (next.end !== null) return next;
  const waits = after.planned.map(({ event }) => event.type);
  const more = next.dialled < next.addresses.length;
  demand(
    waits.filter((type) => type === 'stagger.over').length === (more ? 1 : 0),
    'the next one has its moment',
  );
  demand(
    waits.some((type) => type.includes('.attemptTimeout.')),
    'an attempt has an end',
  );
  return next;
}

function open({ addresses, dialled, failures, end }: AttemptMemory): readonly string[] {
  if (end !== null) return [];
  return addresses
    .slice(0, dialled)
    .filter((address) => failures.every((failure) => failure.address !== address));
}

/** What the attempt answers whoever started it. */
export function outputOf({ end, failures }: AttemptMemory): unknown {
  if (end === null) return null;
  return end === 'failed' ? { outcome: 'failed', attempts: failures } : { outcome: 'connected', ...end };
}

export function kindsOf(failures: readonly AddressFailure[]): AttemptMemory['failures'] {
  return failures.map(({ address, kind }) => ({ address, kind }));
}
