/** Local apps of this node, their values, and whether their last run went well. */
import { useEffect, useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { type App, apps, can, mappings, refresh } from '../data/node.ts';
import { request } from '../data/request.ts';
import { Icon } from '../parts/icon.tsx';
import { Section } from '../parts/section.tsx';
import { sentence } from '../parts/sentence.tsx';
import { Ago } from '../parts/time.tsx';
import {
  type AppParamShown,
  type AppRun,
  appName,
  appParams,
  appProblem,
  appRuns,
  appState,
} from './app-fields.ts';
import { openDialog } from './dialog-state.ts';

export function Apps() {
  if (!can('/apps/list')) return null;
  return (
    <Section
      title="Apps on this node"
      id="apps"
      count={apps.value.length}
      actions={
        can('/apps/create') && (
          <button type="button" onClick={() => (openDialog.value = { kind: 'create-app' })}>
            <Icon name="plus" /> Create an app…
          </button>
        )
      }
    >
      {apps.value.length === 0 ? (
        <p class="empty">There is no app on this node. An app is what a parameter of the grove configures.</p>
      ) : (
        <ul class="apps">
          {apps.value.map((app) => (
            <AppItem key={appName(app)} app={app} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function AppItem({ app }: { readonly app: App }) {
  const name = appName(app);
  const problem = appProblem(app);
  const shown = useDetails(app);
  return (
    <li>
      <div class="app">
        <h3>{name}</h3>
        <span class={`chip ${appState(app).tone}`}>{appState(app).word}</span>
        <span class="param-actions">
          {can('/apps/install/invoke') && (
            <button
              type="button"
              onClick={() =>
                void act('/apps/install/invoke', { app: name }, `The installation of ${name} has begun.`)
              }
              aria-label={`Install ${name}`}
            >
              Install
            </button>
          )}
          {can('/apps/remove') && (
            <button
              type="button"
              class="quiet-danger"
              aria-label={`Remove ${name}`}
              onClick={() => (openDialog.value = { kind: 'remove-app', app })}
            >
              Remove…
            </button>
          )}
        </span>
      </div>
      {problem !== null && <p class="refusal">{sentence(problem)}</p>}
      <ul class="app-params">
        {appParams(shown).map((param) => (
          <AppParam key={param.name} app={name} param={param} />
        ))}
      </ul>
      <Runs runs={appRuns(shown)} />
    </li>
  );
}

function Runs({ runs }: { readonly runs: readonly AppRun[] }) {
  if (runs.length === 0) return null;
  return (
    <details class="removed">
      <summary>What was run for it</summary>
      <ol class="runs">
        {runs.map(({ id, words, startedAt, isBad }) => (
          <li key={id}>
            <Ago time={startedAt} />
            <span class={isBad ? 'bad-run' : ''}>{words}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** `/apps/show` of one app, read again whenever the list changed. */
function useDetails(app: App): App {
  const [details, setDetails] = useState<App>(app);
  useEffect(() => {
    if (!can('/apps/show')) return;
    void request<App>('/apps/show', { app: appName(app) }).then((answer) => {
      if (answer.ok) setDetails(answer.value);
    });
  }, [app]);
  return details;
}

function AppParam({ app, param }: { readonly app: string; readonly param: AppParamShown }) {
  const bound = mappings.value.find((mapping) => mapping.app === app && mapping.app_param === param.name);
  const { name, value, isSecret, isSet } = param;
  return (
    <li>
      <span class="param-name">{name}</span>
      <span class="value">{isSecret ? 'secret, never shown' : (value ?? <em class="faint">unset</em>)}</span>
      {bound === undefined ? (
        <span class="param-actions">
          {isSet && can('/apps/params/unset') && (
            <button
              type="button"
              class="quiet-danger"
              aria-label={`Unset ${name} of ${app}`}
              onClick={() =>
                void act('/apps/params/unset', { app, name }, `${name} of ${app} is unset on this node.`)
              }
            >
              Unset
            </button>
          )}
          {can('/apps/params/set') && (
            <button
              type="button"
              aria-label={`Set ${name} of ${app}`}
              onClick={() => (openDialog.value = { kind: 'set-app-param', app, param })}
            >
              Set…
            </button>
          )}
        </span>
      ) : (
        <span class="faint">follows {bound.grove_param}</span>
      )}
    </li>
  );
}

async function act(method: string, params: { readonly [name: string]: string }, done: string): Promise<void> {
  const answer = await request(method, params);
  if (answer.ok) notify(done);
  else notify(sentence(answer.refusal.message), 'bad');
  await refresh();
}
