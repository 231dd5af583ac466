/** The supervisor and apps: requests go to the actuator in every state, and what it says goes out. */
import { describe, expect, it } from 'vitest';
import type { AppRequest } from '../../machines/app-events.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { standingOf } from './grove-fixtures.ts';
import {
  applied,
  broken,
  failed,
  following,
  founding,
  joining,
  leading,
  leaving,
  linked,
  outside,
  published,
  refusedRow,
  revoked,
  stopping,
} from './supervisor-cases.ts';
import { step, walk } from './transition-rows.ts';

const request: AppRequest = { type: 'app.request', requestId: 'r', app: 'web', what: 'set' };
const asked = { to: 'paramActuator', event: request };

describe('a request about an app', () => {
  it.each([
    ['outside', outside],
    ['founding', founding],
    ['joining', joining],
    ['following', following],
    ['leading', leading],
    ['leaving', leaving],
    ['revoked', revoked],
  ] as const)('goes to the actuator, whatever the node is in its grove: %s', (_title, from) => {
    const { value, rows, changes } = step(supervisorMachine, from, request);
    expect([value, rows, changes]).toEqual([from.value, [asked], { appRequests: ['r'] }]);
  });

  it('is answered once, with what the actuator says', () => {
    const verdict = { ok: true as const, value: { generation: 2 } };
    const { rows, changes } = step(supervisorMachine, walk(supervisorMachine, following, request), {
      type: 'app.settled',
      requestId: 'r',
      verdict,
    });
    expect(rows).toEqual([{ emit: { type: 'request.settled', requestId: 'r', verdict } }]);
    expect(changes).toEqual({ appRequests: [] });
  });

  it('is refused by a node that stops or cannot go on', () => {
    const stops = step(supervisorMachine, stopping, request);
    expect(stops.rows).toEqual([refusedRow('r', 'operation_in_progress', 'the node is stopping')]);
    const fails = step(supervisorMachine, failed, request);
    expect(fails.rows).toEqual([
      refusedRow('r', 'internal', expect.stringContaining('news failed again after 5 restarts')),
    ]);
  });

  // g[verify membership.supervision]
  it('is answered as failed when the actuator fails, and the actuator is replaced', () => {
    const { rows, changes } = step(
      supervisorMachine,
      walk(supervisorMachine, linked, request),
      broken('paramActuator'),
    );
    expect(changes).toEqual({ restarts: 1, appRequests: [] });
    expect(rows).toEqual([
      { raise: { type: 'restart.forgiven' }, delay: 60_000 },
      { stop: 'paramActuator' },
      { spawn: 'paramActuator', input: {} },
      refusedRow('r', 'internal', expect.stringContaining('failed inside the node')),
    ]);
  });
});

describe('what the actuator tells operators', () => {
  it('goes out event by event', () => {
    const events = [
      { type: 'AppRegistered', app: 'web', generation: 1 },
      { type: 'AppDeregistered', app: 'web' },
    ] as const;
    const { rows } = step(supervisorMachine, following, { type: 'app.happened', events });
    expect(rows).toEqual(events.map((emit) => ({ emit })));
  });
});

describe('a payload', () => {
  const next = standingOf({}, { version: { seq: 43, hash: 'b'.repeat(64) } });
  const actuates = { to: 'paramActuator', event: { type: 'params.changed', seq: 43 } };

  // g[verify actuation.last]
  it('that changed params is told to the actuator behind everything that others wait for', () => {
    const paramsChanged = ['greeting'];
    expect(step(supervisorMachine, linked, applied(next, { paramsChanged })).rows.at(-1)).toEqual(actuates);
    const led = { ...next, role: 'leader' as const };
    expect(step(supervisorMachine, leading, published(led, { paramsChanged })).rows.at(-1)).toEqual(actuates);
    const joined = step(supervisorMachine, joining, applied(next, { paramsChanged }));
    expect(joined.rows.at(-1)).toEqual(actuates);
    const out = applied(next, { paramsChanged, revokesUs: true });
    expect(step(supervisorMachine, linked, out).rows).toContainEqual(actuates);
    expect(step(supervisorMachine, leaving, applied(next, { paramsChanged })).rows.at(-1)).toEqual(actuates);
  });

  it('that changed none is not', () => {
    expect(step(supervisorMachine, linked, applied(next)).rows).not.toContainEqual(
      expect.objectContaining({ to: 'paramActuator' }),
    );
  });
});
