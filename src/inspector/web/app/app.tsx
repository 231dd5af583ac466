/** The frame around the views: who this node is, where to go, and what stands in the way of showing anything. */
import { type FeedState, feedState } from '../data/feed.ts';
import { about, aboutRefusal, ownName, status } from '../data/node.ts';
import { stateWords } from '../data/plain-words.ts';
import { GroveView } from '../grove/grove-view.tsx';
import { Icon } from '../parts/icon.tsx';
import { Lazy } from '../parts/lazy.tsx';
import { Blocked } from './blocked.tsx';
import { Notices } from './notices.tsx';
import { route, type View, views } from './route.ts';
import { nextTheme, theme } from './theme.ts';

const loadMachines = async () => (await import('../machines/machines-view.tsx')).MachinesView;
const loadConvergence = async () => (await import('../convergence/convergence-view.tsx')).ConvergenceView;

const titles: { readonly [name in View]: string } = {
  grove: 'Grove',
  machines: 'Machines',
  convergence: 'Convergence',
};

export function App() {
  const known = about.value;
  if (aboutRefusal.value !== null || known === null) return <Blocked refusal={aboutRefusal.value} />;
  if (feedState.value === 'session-over') return <Blocked refusal={sessionOver} />;
  const isTrace = known.mode === 'trace';
  const view = isTrace ? 'machines' : route.value;
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <ThisNode />
        {!isTrace && <Navigation view={view} />}
        <div class="top-end">
          {known.read_only && <span class="chip quiet">read only</span>}
          {!isTrace && <FeedLight state={feedState.value} />}
          <ThemeButton />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <h1 class="unseen">{titles[view]}</h1>
        {view === 'grove' && <GroveView />}
        {view === 'machines' && <Lazy load={loadMachines} />}
        {view === 'convergence' && <Lazy load={loadConvergence} />}
      </main>
      <Notices />
    </div>
  );
}

const sessionOver = { code: 'unauthorized', message: 'the session of this page is over' };

/** No link: the address after `#` says which view is shown. */
function skip(): void {
  document.getElementById('main')?.focus();
}

function ThisNode() {
  const { fingerprint = '', mode = 'node' } = about.value ?? {};
  const state = status.value;
  const words = state === null ? null : stateWords(state);
  return (
    <div class="this-node">
      <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
        <path d="M16 9 9.500 21.500M16 9l6.500 12.500M9.500 22h13" />
        <circle cx="16" cy="9" r="5.500" class="first" />
        <circle cx="8.500" cy="22" r="4.500" />
        <circle cx="23.500" cy="22" r="4.500" />
      </svg>
      {mode === 'trace' ? (
        <strong>Trace of a simulation</strong>
      ) : (
        <>
          <span class="who">
            <strong>{ownName()}</strong>
            <code title={fingerprint}>{fingerprint.slice(0, 8)}</code>
          </span>
          {words !== null && <span class={`chip ${words.tone}`}>{words.word}</span>}
          {state?.is_member === true && (
            <span class="number" title="The number of the payload in force here">
              no. {state.current_seq}
            </span>
          )}
        </>
      )}
    </div>
  );
}

function Navigation({ view }: { readonly view: View }) {
  return (
    <nav aria-label="Views">
      {views.map((name) => (
        <a key={name} href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>
          <Icon name={name} />
          {titles[name]}
        </a>
      ))}
    </nav>
  );
}

const feedWords: { readonly [state in FeedState]: string } = {
  off: 'not connected',
  connecting: 'connecting',
  live: 'live',
  paused: 'paused',
  lost: 'connection lost',
  'session-over': 'session over',
  'too-many': 'too many pages',
};

function FeedLight({ state }: { readonly state: FeedState }) {
  return (
    <span class={`feed ${state}`} role="status">
      <span class="light" aria-hidden="true" />
      <span class="feed-word">{feedWords[state]}</span>
    </span>
  );
}

const themeIcons = { system: 'system', light: 'sun', dark: 'moon' } as const;

function ThemeButton() {
  const name = theme.value;
  const label = name === 'system' ? 'as the system has it' : name;
  return (
    <button
      type="button"
      class="plain"
      onClick={nextTheme}
      aria-label={`Colours: ${label}. Change`}
      title={`Colours: ${label}`}
    >
      <Icon name={themeIcons[name]} />
    </button>
  );
}
