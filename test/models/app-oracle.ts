/**
 * What the machine of an app may do, from the rules `apps.*` and `actuation.*`: one thing at a time; who asks meanwhile is
 * refused, the grove waits; what failed is tried again; what ended is stored; every request has one answer.
 */
import type { AppMachineEvent } from '../../machines/app-context.ts';
import type { AppOperation, AppRequest, AppSeed, WaitingParam } from '../../machines/app-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, type Happening, to } from './model.ts';

type Doing =
  | 'nothing'
  | 'stopping leftovers'
  | 'changing'
  | 'running'
  | 'recording'
  | 'to be recorded'
  | 'removing'
  | 'gone';

export interface AppMemory {
  readonly doing: Doing;
  readonly installed: boolean;
  /** The grove, or the start, has something that was not looked at yet. */
  readonly waits: boolean;
  /** An installation that was cut short is to be made again. */
  readonly installAgain: boolean;
  /** The last try failed and is to be made again. */
  readonly failed: boolean;
  /** Tries that failed, or began, since something ended well. */
  readonly tries: number;
  readonly request: AppRequest | null;
  readonly operation: AppOperation | null;
  /** How the operation ended, while it is being stored. */
  readonly succeeded: boolean;
  /** The newest change of each param that was heard of. */
  readonly heard: { readonly [param: string]: number };
  readonly leftovers: readonly string[];
}

type AppHappening = Happening<AppMachineEvent>;

/** What a step means: what is known afterwards, and what is said to whoever waits for it. */
interface Outcome {
  readonly memory: AppMemory;
  readonly said: readonly string[];
}

const busy = 'operation_in_progress';
/** The actor that does it. */
const doers: { readonly [doing in Doing]?: string } = {
  'stopping leftovers': 'stopLeftovers',
  changing: 'changeApp',
  running: 'runOperation',
  recording: 'recordOperation',
  removing: 'removeApp',
};

export function beginApp(seed: AppSeed, { rows, after }: Omit<Happening<never>, 'event' | 'planned'>) {
  const { installed, attempts, work, installAgain, leftovers } = seed;
  const first: AppMemory = {
    doing: leftovers.length > 0 ? 'stopping leftovers' : 'nothing',
    installed,
    waits: work,
    installAgain,
    failed: false,
    tries: attempts,
    request: null,
    operation: null,
    succeeded: false,
    heard: {},
    leftovers,
  };
  const memory = first.doing === 'nothing' ? rest(first) : first;
  judgeSaid(rows, []);
  judgeDoing(memory, true, rows, after);
  return memory;
}

export function judgeApp(before: AppMemory, { event, rows, after }: AppHappening): AppMemory {
  const { memory, said } = hear(before, event);
  judgeSaid(rows, said);
  const begins = memory !== before && !isAside(before, event);
  judgeDoing(memory, begins, rows, after);
  return memory;
}

/** Something comes up while something else is being done. */
function isAside({ doing }: AppMemory, { type }: AppMachineEvent): boolean {
  return doing !== 'nothing' && (type === 'app.request' || type === 'app.work');
}

function hear(memory: AppMemory, event: AppMachineEvent): Outcome {
  const free = memory.doing === 'nothing';
  switch (event.type) {
    case 'app.request': {
      if (!free) return { memory, said: [`answers ${event.requestId} ${busy}`] };
      const asked = { ...memory, request: event };
      return { memory: event.what === 'remove' ? { ...asked, doing: 'removing' } : change(asked), said: [] };
    }
    case 'app.work': {
      const fresh = event.params.filter(({ appParam, seq }) => memory.heard[appParam] !== seq);
      const heard = { ...memory.heard, ...Object.fromEntries(fresh.map(numbered)) };
      if (free) return { memory: change({ ...memory, heard }), said: [] };
      return { memory: { ...memory, heard, waits: true }, said: fresh.map(deferral) };
    }
    case 'leftovers.gone':
      return { memory: rest(memory), said: [] };
    case 'change.made':
    case 'change.refused':
    case 'change.failed':
      return changed(memory, event);
    case 'operation.ended':
      return { memory: { ...memory, doing: 'recording', succeeded: event.succeeded }, said: [] };
    case 'operation.recorded':
      return { memory: recorded(memory), said: event.events.map(({ type }) => type) };
    case 'record.failed':
      return { memory: { ...memory, doing: 'to be recorded' }, said: [] };
    case 'app.removed': {
      const told = event.events.map(({ type }) => type);
      return { memory: { ...memory, doing: 'gone' }, said: [...told, 'gone', ...answer(memory, 'ok')] };
    }
    case 'remove.failed':
      return {
        memory: rest({ ...memory, request: null }),
        said: answer(memory, event.refusal.code),
      };
    default:
      // A wait is over.
      return {
        memory: memory.doing === 'to be recorded' ? { ...memory, doing: 'recording' } : change(memory),
        said: [],
      };
  }
}

type Changed = Extract<AppMachineEvent, { type: 'change.made' | 'change.refused' | 'change.failed' }>;

function changed(memory: AppMemory, event: Changed): Outcome {
  const over = { ...memory, request: null };
  switch (event.type) {
    case 'change.made': {
      const { operation, attempts: tries } = event;
      const next = { ...over, operation, tries, failed: false, installAgain: false };
      const said = [...event.events.map(({ type }) => type), ...answer(memory, 'ok')];
      return { memory: operation === null ? rest(next) : { ...next, doing: 'running' }, said };
    }
    case 'change.refused': {
      // Whoever is refused something takes nothing from what is to be done anyway.
      const installAgain = memory.installAgain && memory.request !== null;
      return { memory: rest({ ...over, installAgain }), said: answer(memory, event.refusal.code) };
    }
    case 'change.failed': {
      const tries = Math.max(event.attempts, memory.tries + 1);
      const said = [...event.events.map(({ type }) => type), ...answer(memory, event.refusal.code)];
      return { memory: rest({ ...over, tries, failed: true }), said };
    }
  }
}

/** It is known how the operation went. An installation that failed is an operator's to begin again. */
function recorded(memory: AppMemory): AppMemory {
  const isInstall = memory.operation?.kind === 'install';
  const over = { ...memory, operation: null };
  if (memory.succeeded) return rest({ ...over, installed: true, failed: false, tries: 0 });
  return rest({ ...over, failed: !isInstall });
}

/** What waits is looked at before anything is waited for; what failed has its time. */
function rest(memory: AppMemory): AppMemory {
  const isDue = memory.waits || (memory.installAgain && !memory.failed);
  return isDue ? change(memory) : { ...memory, doing: 'nothing' };
}

/** A change looks at everything that waits. */
function change(memory: AppMemory): AppMemory {
  return { ...memory, doing: 'changing', waits: false };
}

function answer({ request }: AppMemory, verdict: string): readonly string[] {
  return request === null ? [] : [`answers ${request.requestId} ${verdict}`];
}

function deferral({ appParam }: WaitingParam): string {
  return `grove.param-deferred ${appParam}`;
}

function numbered({ appParam, seq }: WaitingParam): [string, number] {
  return [appParam, seq];
}

function judgeSaid(rows: readonly Row[], expected: readonly string[]): void {
  const said = to(rows, 'parent').flatMap(wordsOf);
  demand(
    said.toSorted().join() === expected.toSorted().join(),
    `says [${said}], should say [${expected.toSorted()}]`,
  );
}

function wordsOf(event: object): readonly string[] {
  const { type, requestId, verdict, events } = event as {
    type: string;
    requestId?: string;
    verdict?: { ok: boolean; reason?: { code: string } };
    events?: readonly { type: string; app_param?: string; reason?: string }[];
  };
  if (type === 'app.gone') return ['gone'];
  if (type === 'app.settled') return [`answers ${requestId} ${verdict?.reason?.code ?? 'ok'}`];
  demand(events !== undefined && events.length > 0, 'nothing to tell is not told');
  return events.map((told) =>
    told.type === 'grove.param-deferred' && told.reason === busy
      ? `${told.type} ${told.app_param}`
      : told.type,
  );
}

/** One thing at a time, begun once with what it is about; and whatever is to be done later has its time. */
function judgeDoing(memory: AppMemory, begins: boolean, rows: readonly Row[], after: AppHappening['after']) {
  const { doing } = memory;
  const doer = doers[doing];
  const alive = after.children.map(({ source }) => source);
  demand(alive.join() === (doer ?? ''), `${alive} at work, should be ${doer}`);
  const inputs = rows.flatMap((row) => ('spawn' in row ? [JSON.stringify(row.input)] : []));
  const due = begins && doer !== undefined ? [JSON.stringify(inputOf(memory))] : [];
  demand(inputs.join() === due.join(), `begins ${inputs}, should begin ${due}`);
  const { failed, installAgain, tries } = memory;
  const again = doing === 'nothing' && (failed || installAgain);
  judgeWait('operationRetry', again ? waitAfter(tries) : null, { begins, rows, after });
  judgeWait('storeRetry', doing === 'to be recorded' ? 10_000 : null, { begins, rows, after });
}

function judgeWait(
  name: string,
  due: number | null,
  { begins, rows, after }: { begins: boolean; rows: readonly Row[]; after: AppHappening['after'] },
): void {
  const waits = after.planned.some(({ event }) => event.type.startsWith(`xstate.after.${name}.`));
  demand(waits === (due !== null), `${waits ? 'waits' : 'does not wait'} for ${name}`);
  const delays = rows.flatMap((row) => ('after' in row && row.after === name ? [row.delay] : []));
  if (begins && due !== null) demand(delays.join() === `${due}`, `waits ${delays}, should wait ${due}`);
}

/** A second, two, four, up to five minutes. */
function waitAfter(tries: number): number {
  let seconds = 1;
  for (let count = 1; count < tries && seconds < 300; count += 1) seconds *= 2;
  return Math.min(seconds, 300) * 1_000;
}

function inputOf({ doing, request, installAgain, operation, leftovers }: AppMemory): unknown {
  const app = 'web';
  switch (doing) {
    case 'stopping leftovers':
      return { app, leftovers };
    case 'changing':
      return { app, request, installAgain };
    case 'removing':
      return { app, request };
    default:
      return { app, operation };
  }
}
