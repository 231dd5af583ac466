/**
 * What the param actuator may do, from the rules `actuation.*` and `apps.*`: one machine for each app and no other, each request
 * to where it belongs and answered once, changes to those whose mappings wait, and a machine that fails is its own app's
 * affair.
 */
import type {
  AppGone,
  AppSeed,
  RegistryToActuator,
  SupervisorToActuator,
} from '../../machines/app-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, type Happening, to } from './model.ts';

export interface ActuatorMemory {
  /** The apps of the node are known. */
  readonly read: boolean;
  /** Apps with a machine, ascending. */
  readonly apps: readonly string[];
  /** Apps whose machine failed and is not there again, ascending. */
  readonly broken: readonly string[];
  /** Requests that an app or the registry has, in their order. */
  readonly asked: readonly Asked[];
  /** Apps the registry is to look up, and whether it is to look for what waits. */
  readonly looking: readonly string[];
  readonly finding: boolean;
}

export interface Asked {
  readonly app: string;
  readonly requestId: string;
  readonly what: string;
}

export type ActuatorEvent =
  | SupervisorToActuator
  | RegistryToActuator
  | AppGone
  | { readonly type: `xstate.error.actor.app.${string}`; readonly actorId: string }
  | { readonly type: 'app.restart'; readonly app: string };

/** What has to be seen of one step, as short words. */
interface Due {
  readonly memory: ActuatorMemory;
  /** To the supervisor: `answers r ok`, `tells AppRegistered`. */
  readonly up?: readonly string[];
  /** To the registry: `pending.find`, `app.look web`, `app.request r`. */
  readonly registry?: readonly string[];
  /** To apps: `web app.request r`. */
  readonly apps?: readonly string[];
  readonly begins?: readonly AppSeed[];
}

/** Apps are created and mappings ended without the machine of an app. */
const ofRegistry: readonly string[] = ['create', 'unmap'];
const restartMs = 5_000;

type Surrounded = Pick<Happening<never>, 'rows' | 'after'>;

export function beginActuator({ rows, after }: Surrounded): ActuatorMemory {
  const memory: ActuatorMemory = {
    read: false,
    apps: [],
    broken: [],
    asked: [],
    looking: [],
    finding: false,
  };
  const begun = rows.filter((row) => 'spawn' in row).length;
  demand(begun === 1, 'it begins with its registry');
  judgeActors(memory, after);
  return memory;
}

export function judgeActuator(
  before: ActuatorMemory,
  { event, rows, after }: Happening<ActuatorEvent>,
): ActuatorMemory {
  const due = hear(before, event);
  const said = to(rows, 'parent').flatMap(wordsOf);
  demand(same(said, due.up), `says [${said}], should say [${due.up ?? ''}]`);
  const asks = to(rows, 'registry').map(shortOf);
  demand(same(asks, due.registry), `asks the registry [${asks}], should ask [${due.registry ?? ''}]`);
  const passed = rows.flatMap((row) =>
    'to' in row && row.to.startsWith('app.') ? [`${row.to.slice(4)} ${shortOf(row.event)}`] : [],
  );
  demand(same(passed, due.apps), `passes [${passed}], should pass [${due.apps ?? ''}]`);
  const begun = rows.flatMap((row) => ('spawn' in row ? [row.input] : []));
  demand(
    JSON.stringify(begun) === JSON.stringify(due.begins ?? []),
    `begins ${JSON.stringify(begun)}, should begin ${JSON.stringify(due.begins ?? [])}`,
  );
  judgeActors(due.memory, after);
  judgeRestart(event, rows);
  return due.memory;
}

function hear(memory: ActuatorMemory, event: ActuatorEvent): Due {
  const { apps, broken, asked } = memory;
  switch (event.type) {
    case 'app.request':
      return request(memory, event);
    case 'params.changed':
      // Without apps nothing can wait.
      return apps.length === 0
        ? { memory }
        : { memory: { ...memory, finding: true }, registry: ['pending.find'] };
    case 'pending.found': {
      const known = event.apps.filter(({ app }) => apps.includes(app));
      return { memory: { ...memory, finding: false }, apps: known.map(({ app }) => `${app} app.work`) };
    }
    case 'registry.read':
      return { memory: { ...memory, read: true, apps: names(event.apps) }, begins: event.apps };
    case 'app.found': {
      const { app } = event.seed;
      const without = (some: readonly string[]) => some.filter((one) => one !== app);
      return {
        memory: {
          ...memory,
          apps: [...apps, app].toSorted(),
          broken: without(broken),
          looking: without(memory.looking),
        },
        begins: [event.seed],
      };
    }
    case 'app.settled':
      return {
        memory: { ...memory, asked: asked.filter(({ requestId }) => requestId !== event.requestId) },
        up: wordsOf(event),
      };
    case 'app.happened':
      return { memory, up: wordsOf(event) };
    case 'app.gone': {
      const { left, others } = askedOf(memory, event.app);
      return {
        memory: { ...memory, apps: apps.filter((app) => app !== event.app), asked: others },
        up: left.map(({ requestId }) => `answers ${requestId} not_found`),
      };
    }
    case 'app.restart':
      return {
        memory: { ...memory, looking: [...memory.looking, event.app] },
        registry: [`app.look ${event.app}`],
      };
    default: {
      const failed = event.actorId.slice('app.'.length);
      const { left, others } = askedOf(memory, failed);
      return {
        memory: {
          ...memory,
          apps: apps.filter((app) => app !== failed),
          broken: [...broken, failed].toSorted(),
          asked: others,
        },
        up: left.map(({ requestId }) => `answers ${requestId} internal`),
      };
    }
  }
}

function request(
  memory: ActuatorMemory,
  { requestId, app, what }: Extract<ActuatorEvent, { type: 'app.request' }>,
): Due {
  const taken = { ...memory, asked: [...memory.asked, { app, requestId, what }] };
  const passed = `app.request ${requestId}`;
  const refused = (code: string): Due => ({ memory, up: [`answers ${requestId} ${code}`] });
  if (what === 'unmap') return { memory: taken, registry: [passed] };
  if (!memory.read) return refused('operation_in_progress');
  if (ofRegistry.includes(what)) return { memory: taken, registry: [passed] };
  if (memory.apps.includes(app)) return { memory: taken, apps: [`${app} ${passed}`] };
  return refused(memory.broken.includes(app) ? 'operation_in_progress' : 'not_found');
}

/** What the app was asked and has not answered. What the registry was asked is not its affair. */
function askedOf({ asked }: ActuatorMemory, app: string) {
  const isItsOwn = (one: Asked) => one.app === app && !ofRegistry.includes(one.what);
  return { left: asked.filter(isItsOwn), others: asked.filter((one) => !isItsOwn(one)) };
}

/** The registry, and one machine for each app that has not failed. */
function judgeActors({ apps, broken, looking }: ActuatorMemory, after: Happening<never>['after']): void {
  const alive = after.children.map(({ id }) => id).toSorted();
  const due = ['registry', ...apps.map((app) => `app.${app}`)].toSorted();
  demand(alive.join() === due.join(), `${alive} at work, should be ${due}`);
  const planned = after.planned.map(({ event }) => (event as { app?: string }).app).toSorted();
  const awaited = broken.filter((app) => !looking.includes(app));
  demand(planned.join() === awaited.join(), `looks again for [${planned}], should for [${awaited}]`);
}

function judgeRestart(event: ActuatorEvent, rows: readonly Row[]): void {
  const delays = rows.flatMap((row) => ('raise' in row ? [row.delay] : []));
  const due = event.type.startsWith('xstate.error.') ? [restartMs] : [];
  demand(delays.join() === due.join(), `plans after [${delays}], should after [${due}]`);
}

function wordsOf(event: object): readonly string[] {
  const { type, requestId, verdict, events } = event as {
    type: string;
    requestId?: string;
    verdict?: { reason?: { code: string } };
    events?: readonly { type: string }[];
  };
  if (type === 'app.settled') return [`answers ${requestId} ${verdict?.reason?.code ?? 'ok'}`];
  return (events ?? []).map((told) => `tells ${told.type}`);
}

function shortOf(event: object): string {
  const { type, requestId, app } = event as { type: string; requestId?: string; app?: string };
  if (type === 'app.request') return `${type} ${requestId}`;
  return type === 'app.look' ? `${type} ${app}` : type;
}

function names(seeds: readonly AppSeed[]): readonly string[] {
  return seeds.map(({ app }) => app).toSorted();
}

function same(said: readonly string[], due: readonly string[] = []): boolean {
  return said.toSorted().join() === due.toSorted().join();
}
