/** An operation of an app, step by step: its files, its command, and whoever must notice. Then how it went, stored. */
import { fromCallback } from 'xstate';
import type {
  LeftoversGone,
  LeftoversInput,
  RecordDone,
  RunDone,
  RunInput,
} from '../machines/app-context.ts';
import type { GroveEvent } from '../machines/grove-events.ts';
import type { HookEnd, OperationRow } from '../src/ports/index.ts';
import type { HookReason } from '../src/protocol/app-types.ts';
import {
  assert,
  effectiveValues,
  formatTimestamp,
  type HeldApp,
  type HookNews,
  hookEnvironment,
  hookInput,
  isStepDue,
  type OperationStep,
  operationSteps,
  printable,
} from '../src/protocol/index.ts';
import { operationFinished } from './app-reports.ts';
import { readApp } from './app-values.ts';
import type { GroveParts } from './parts.ts';
import { whenStoreFails } from './store-failure.ts';

type NoEvent = { type: string };

/** Operations that run at once on this node; more wait for their turn. */
export const operationsAtOnceMax = 32;
/** Kept of the output of an operation: its end. */
const outputCharactersMax = 4_096;
const detailCharactersMax = 512;

export interface OperationOutcome {
  readonly succeeded: boolean;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly detail: string | null;
  readonly output: string;
  readonly durationMs: number;
}

/** How operations ended, by number, until it is stored. Their output may hold values: it is in no event. */
export type OperationOutcomes = Map<number, OperationOutcome>;

/** The runs of an operation: of its command, and of what restarts a unit. */
export function runIds(operation: number): string[] {
  return [`op-${operation}`, `op-${operation}-restart`];
}

// g[impl actuation.bounded]
export function runOperationActor(parts: GroveParts) {
  const { outcomes } = parts;
  const slots = new Slots(operationsAtOnceMax);
  return fromCallback<NoEvent, RunInput>(({ input, sendBack }) => {
    let cancel = () => {};
    const release = slots.take(() => {
      cancel = runOperation(parts, input, (outcome) => {
        release();
        outcomes.set(input.operation.id, outcome);
        sendBack({ type: 'operation.ended', succeeded: outcome.succeeded } satisfies RunDone);
      });
    });
    return () => {
      cancel();
      release();
    };
  });
}

export function recordOperationActor(parts: GroveParts) {
  const { outcomes } = parts;
  return fromCallback<NoEvent, RunInput>(({ input, sendBack }) => {
    const outcome = outcomes.get(input.operation.id);
    assert(outcome !== undefined, 'an operation is recorded after it ended');
    const done = whenStoreFails<RecordDone>(
      () => ({
        type: 'operation.recorded',
        succeeded: outcome.succeeded,
        events: record(parts, input, outcome),
      }),
      (detail) => ({ type: 'record.failed', detail }),
    );
    if (done.type === 'operation.recorded') outcomes.delete(input.operation.id);
    else
      parts.log.warn('how an operation ended could not be stored', { app: input.app, detail: done.detail });
    sendBack(done);
  });
}

/** Kills what a process before this one may have left of the operations it did not end. */
export function stopLeftoversActor({ ports, log }: GroveParts) {
  return fromCallback<NoEvent, LeftoversInput>(({ input, sendBack }) => {
    let over = false;
    const [...waiting] = input.leftovers;
    const next = () => {
      if (over) return;
      const id = waiting.shift();
      if (id === undefined) {
        sendBack({ type: 'leftovers.gone' } satisfies LeftoversGone);
        return;
      }
      ports.runner.stopLeftover(id, (killed) => {
        if (killed > 0) log.warn('killed what an operation left running', { app: input.app, killed });
        next();
      });
    };
    next();
    return () => {
      over = true;
    };
  });
}

function runOperation(
  parts: GroveParts,
  { app, operation }: RunInput,
  ended: (outcome: OperationOutcome) => void,
): () => void {
  const { store, clock } = parts.ports;
  const startedMs = clock.monotonicMs();
  const end = (outcome: Omit<OperationOutcome, 'durationMs'>) =>
    ended({ ...outcome, durationMs: Math.round(clock.monotonicMs() - startedMs) });
  const failed = (detail: string) =>
    end({ succeeded: false, exitCode: null, signal: null, detail: shown(detail), output: '' });
  const [newest, before] = store.apps.operations(app, 2);
  const row = store.apps.app(app);
  assert(newest?.id === operation.id && row !== null, 'an operation runs after it was stored');
  const held = readApp(parts, row);
  if (!held.ok) {
    failed(held.reason);
    return () => {};
  }
  const isAfterFailure = newest.attempt > 1 || (before !== undefined && before.state !== 'succeeded');
  return new OperationRun(parts, held.value, newest, isAfterFailure, end).begin();
}

/** One step after the other; the first that fails ends it. */
class OperationRun {
  readonly #parts: GroveParts;
  readonly #held: HeldApp;
  readonly #row: OperationRow;
  readonly #news: HookNews;
  readonly #isAfterFailure: boolean;
  readonly #end: (outcome: Omit<OperationOutcome, 'durationMs'>) => void;
  readonly #steps: OperationStep[];
  readonly #anyRendered: boolean;
  #anyChanged = false;
  #output = '';
  #exit: Pick<HookEnd, 'exitCode' | 'signal'> = { exitCode: null, signal: null };
  #remark: string | null = null;
  #cancel: () => void = () => {};

  constructor(
    parts: GroveParts,
    held: HeldApp,
    row: OperationRow,
    isAfterFailure: boolean,
    end: (outcome: Omit<OperationOutcome, 'durationMs'>) => void,
  ) {
    this.#parts = parts;
    this.#held = held;
    this.#row = row;
    this.#news = newsOf(held, row);
    this.#isAfterFailure = isAfterFailure;
    this.#end = end;
    this.#steps = [...operationSteps(held.definition, row.kind)];
    this.#anyRendered = this.#steps.some(({ kind }) => kind === 'render');
  }

  /** Returns what stops it. */
  begin(): () => void {
    this.#next();
    return () => this.#cancel();
  }

  #next(): void {
    const step = this.#steps.shift();
    if (step === undefined) {
      this.#over(true, this.#remark);
      return;
    }
    const progress = {
      anyRendered: this.#anyRendered,
      anyChanged: this.#anyChanged,
      isAfterFailure: this.#isAfterFailure,
    };
    if (isStepDue(step, progress)) this.#cancel = this.#run(step);
    else this.#next();
  }

  #run(step: OperationStep): () => void {
    const { actions } = this.#parts.ports;
    const { definition } = this.#held;
    switch (step.kind) {
      case 'render': {
        const secretNames = definition.params.filter(({ secret }) => secret).map(({ name }) => name);
        const { values } = this.#news;
        return actions.renderFile(
          { app: definition.name, render: step.render, values, secretNames },
          (done) => {
            if (!done.ok) return this.#over(false, done.failure.message);
            this.#anyChanged ||= done.result.changed;
            this.#next();
          },
        );
      }
      case 'command':
        return this.#command(step.command);
      case 'signal':
        return actions.signalProcess(step.signal, (done) =>
          done.ok ? this.#next() : this.#over(false, done.failure.message),
        );
      case 'restart': {
        const [, id = ''] = runIds(this.#row.id);
        return actions.restartUnit({ id, restart: step.restart }, (done) => {
          if (!done.ok) return this.#over(false, done.failure.message);
          this.#output += done.result.output;
          this.#next();
        });
      }
    }
  }

  #command({
    command,
    timeout_ms,
    working_directory,
  }: Extract<OperationStep, { kind: 'command' }>['command']) {
    const { definition } = this.#held;
    const { values } = this.#news;
    const secrets = definition.params.flatMap(({ name, secret }) => {
      const held = this.#held.values[name];
      return secret ? [values[name], held?.toldValue].filter((value) => typeof value === 'string') : [];
    });
    return this.#parts.ports.runner.run(
      {
        id: runIds(this.#row.id)[0] ?? '',
        command,
        environment: hookEnvironment(this.#news),
        stdin: new TextEncoder().encode(hookInput(this.#news)),
        timeoutMs: timeout_ms,
        workingDirectory: working_directory,
        secrets,
      },
      {
        started: () => {},
        cannotStart: ({ message }) => this.#over(false, `${this.#row.kind} cannot start: ${message}`),
        ended: (end) => {
          this.#output += end.output;
          this.#exit = { exitCode: end.exitCode, signal: end.signal };
          const problem = problemOf(this.#row.kind, end, timeout_ms);
          if (problem !== null) return this.#over(false, problem);
          if (end.leftBehind) this.#remark = `${this.#row.kind} left processes behind`;
          this.#next();
        },
      },
    );
  }

  #over(succeeded: boolean, detail: string | null): void {
    this.#cancel = () => {};
    this.#end({
      succeeded,
      ...this.#exit,
      detail: detail === null ? null : shown(detail),
      output: this.#output.slice(-outputCharactersMax),
    });
  }
}

function problemOf(kind: string, { exitCode, signal, timedOut }: HookEnd, timeoutMs: number): string | null {
  if (timedOut) return `${kind} took longer than ${timeoutMs / 1_000} s and was stopped`;
  if (exitCode === 0) return null;
  return exitCode === null
    ? `${kind} was ended by ${signal ?? 'a signal'}`
    : `${kind} exited with ${exitCode}`;
}

function newsOf(held: HeldApp, row: OperationRow): HookNews {
  const { definition } = held;
  const values = effectiveValues(definition, held.values);
  const defaults = new Map(definition.params.map(({ name, default_value }) => [name, default_value]));
  return {
    app: definition.name,
    operation: row.kind,
    reason: row.reason as HookReason,
    groveSeq: row.groveSeq,
    values,
    changes: row.changes.map(({ name }) => ({
      name,
      old_value: held.values[name]?.toldValue ?? defaults.get(name) ?? null,
      new_value: values[name] ?? null,
    })),
  };
}

// g[impl apps.recorded]
function record(
  { ports }: GroveParts,
  { app, operation }: RunInput,
  outcome: OperationOutcome,
): GroveEvent[] {
  const { store, clock } = ports;
  const row = store.apps.operation(operation.id);
  assert(row !== null, 'an operation that ran is stored');
  const { succeeded, exitCode, signal, detail, output, durationMs } = outcome;
  store.apps.finishOperation({
    id: operation.id,
    app,
    state: succeeded ? 'succeeded' : 'failed',
    at: formatTimestamp(clock.now()),
    durationMs,
    exitCode,
    signal,
    detail,
    output: output === '' ? null : output,
  });
  const finished = operationFinished(row, {
    outcome: succeeded ? 'succeeded' : 'failed',
    exitCode,
    signal,
    durationMs,
    detail,
  });
  return succeeded ? [finished, ...applied(ports.store.apps.mappingsOf(app), row)] : [finished];
}

/** Bound params the operation was about have the grove's value now, and the app knows. */
function applied(
  mappings: readonly { readonly appParam: string; readonly groveParam: string }[],
  { app, changes, actor }: OperationRow,
): GroveEvent[] {
  return changes.flatMap(({ name, seq }): GroveEvent[] => {
    const mapping = mappings.find(({ appParam }) => appParam === name);
    if (mapping === undefined || seq === null) return [];
    const { appParam: app_param, groveParam: grove_param } = mapping;
    return [{ type: 'grove.param-applied', app, app_param, grove_param, source: 'grove', seq, actor }];
  });
}

function shown(text: string): string {
  return printable(text, detailCharactersMax);
}

/** So many at once; the others in the order they came. */
class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Calls `run` when it is its turn, maybe at once. Returns what gives the place to the next. */
  take(run: () => void): () => void {
    let state: 'waiting' | 'running' | 'over' = 'waiting';
    const begin = () => {
      state = 'running';
      this.#free -= 1;
      run();
    };
    const release = () => {
      this.#waiting.delete(begin);
      const ran = state === 'running';
      state = 'over';
      if (!ran) return;
      this.#free += 1;
      const next = this.#waiting.values().next().value;
      if (next === undefined) return;
      this.#waiting.delete(next);
      next();
    };
    if (this.#free > 0) begin();
    else this.#waiting.add(begin);
    return release;
  }
}
