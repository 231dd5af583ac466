/** What the operator interface asks about the apps of this node, read from the store; changes go to the actors. */
import { nanoid } from 'nanoid';
import type { GroveSystem } from '../../actors/index.ts';
import type {
  AppAsk,
  AppParamView,
  AppState,
  AppSummary,
  AppsControl,
  AppView,
  MappingState,
  MappingView,
  OperationView,
} from '../operator/index.ts';
import type { AppRow, Clock, GroveStore, MappingRow, OperationRow } from '../ports/index.ts';
import { formatTimestamp } from '../protocol/index.ts';
import type { Refusal, Verdict } from '../protocol/types.ts';

export interface AppsControlParts {
  readonly system: GroveSystem;
  readonly store: GroveStore;
  readonly clock: Clock;
}

/** Operations that are read back for one app. */
const operationsMax = 64;

export function createAppsControl({ system, store, clock }: AppsControlParts): AppsControl {
  const { apps } = store;
  return {
    list: () => {
      const bound = new Map<string, number>();
      for (const { app } of apps.mappings()) bound.set(app, (bound.get(app) ?? 0) + 1);
      return apps.apps().map((row) => summaryOf(store, row, bound.get(row.definition.name) ?? 0));
    },
    show: (app) => {
      const row = apps.app(app);
      return row === null ? unknownApp(app) : { ok: true, value: viewOf(store, row) };
    },
    mappings: () => {
      if (apps.groveId() === null) return notMember;
      return { ok: true, value: mappingsOf(store) };
    },
    ask: async (app, ask, actor) => {
      const outcome = await system.requestApp({ requestId: nanoid(), app, ask, actor });
      // i[impl apps.audit]
      if (outcome.ok) {
        const at = formatTimestamp(clock.now());
        store.appendAudit({ at, actor, method: `app.${ask.what}`, summary: summaryOfAsk(app, ask) });
      }
      return outcome;
    },
  };
}

const notMember: { readonly ok: false; readonly reason: Refusal } = {
  ok: false,
  reason: { code: 'not_found', message: 'this node is in no grove: run `grove init` or `grove join` first' },
};

function unknownApp(app: string): Verdict<never, Refusal> {
  const message = `there is no app ${app} on this node: see \`apps list\``;
  return { ok: false, reason: { code: 'not_found', message, details: { app } } };
}

/** Names only: a value may be a secret. */
function summaryOfAsk(app: string, ask: AppAsk): string {
  switch (ask.what) {
    case 'set':
    case 'unset':
      return `${ask.what} ${ask.name} of ${app}`;
    case 'map':
      return `map ${ask.appParam} of ${app} to ${ask.groveParam}`;
    case 'unmap':
      return `unmap ${ask.appParam} of ${app}`;
    default:
      return `${ask.what} ${app}`;
  }
}

function summaryOf({ apps }: GroveStore, row: AppRow, bound_count: number): AppSummary {
  const { definition, generation, lastError } = row;
  const [newest] = apps.operations(definition.name, 1);
  return {
    app: definition.name,
    state: stateOf(row, newest),
    generation,
    params_count: definition.params.length,
    bound_count,
    last_error: lastError,
  };
}

function stateOf({ installed, lastError }: AppRow, newest: OperationRow | undefined): AppState {
  if (newest?.state === 'running') return newest.kind === 'install' ? 'installing' : 'operating';
  if (!installed) return 'not-installed';
  return lastError === null ? 'idle' : 'retrying';
}

function viewOf({ apps }: GroveStore, row: AppRow): AppView {
  const { definition, generation, attempts, lastError, createdAt } = row;
  const app = definition.name;
  const values = new Map(apps.values(app).map(({ name, value }) => [name, value]));
  const bound = new Map(apps.mappingsOf(app).map(({ appParam, groveParam }) => [appParam, groveParam]));
  const operations = apps.operations(app, operationsMax);
  return {
    definition,
    // g[impl apps.secret-hidden]
    params: definition.params.map((param): AppParamView => {
      const value = values.get(param.name) ?? null;
      return {
        ...param,
        value: param.secret ? null : (value ?? param.default_value),
        is_set: value !== null,
        grove_param: bound.get(param.name) ?? null,
      };
    }),
    state: stateOf(row, operations[0]),
    generation,
    created_at: createdAt,
    failures: attempts,
    last_error: lastError,
    operations: operations.map(operationView),
  };
}

function operationView(row: OperationRow): OperationView {
  const { id, kind, reason, attempt, generation, changes, actor, state, signal, detail, output } = row;
  return {
    id,
    kind,
    reason,
    attempt,
    generation,
    seq: row.groveSeq,
    changes,
    actor,
    state,
    started_at: row.startedAt,
    finished_at: row.finishedAt,
    duration_ms: row.durationMs,
    exit_code: row.exitCode,
    signal,
    detail,
    output,
  };
}

function mappingsOf({ apps }: GroveStore): readonly MappingView[] {
  const known = new Map<string, AppStanding | null>();
  return apps.mappings().map((mapping) => {
    let standing = known.get(mapping.app);
    if (standing === undefined) {
      standing = standingOf(apps, mapping.app);
      known.set(mapping.app, standing);
    }
    return { ...namesOf(mapping), ...mappingState(mapping, standing) };
  });
}

interface AppStanding {
  readonly toldGeneration: number;
  readonly runs: boolean;
  readonly isInstalled: boolean;
  readonly lastError: string | null;
  /** The generation at which each param last changed. */
  readonly generations: ReadonlyMap<string, number>;
}

function standingOf(apps: GroveStore['apps'], app: string): AppStanding | null {
  const row = apps.app(app);
  if (row === null) return null;
  return {
    toldGeneration: row.toldGeneration,
    runs: apps.operations(app, 1)[0]?.state === 'running',
    isInstalled: row.installed,
    lastError: row.lastError,
    generations: new Map(apps.values(app).map(({ name, generation }) => [name, generation])),
  };
}

function namesOf({ app, appParam, groveParam, appliedSeq }: MappingRow) {
  return { app, app_param: appParam, grove_param: groveParam, applied_seq: appliedSeq };
}

// g[impl mapping.states]
/** Nothing of it is stored: it follows from what waits, what fits, and what the app was told. */
export function mappingState(
  { app, appParam, pendingSeq, misfit }: MappingRow,
  standing: AppStanding | null,
): { readonly state: MappingState; readonly last_error: string | null } {
  if (standing === null) return { state: 'pending', last_error: `there is no app ${app} on this node` };
  const { lastError } = standing;
  if (pendingSeq !== null) return { state: 'pending', last_error: lastError };
  if (misfit !== null) return { state: 'incompatible', last_error: misfit };
  const isTold = (standing.generations.get(appParam) ?? 0) <= standing.toldGeneration;
  // An app that is not installed yet learns everything when it is.
  if (isTold || !standing.isInstalled) return { state: 'in-sync', last_error: null };
  if (standing.runs) return { state: 'applying', last_error: lastError };
  return { state: lastError === null ? 'pending' : 'failed', last_error: lastError };
}
