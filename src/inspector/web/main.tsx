/** The page begins here. */
import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import '@fontsource-variable/atkinson-hyperlegible-mono/wght.css';
import './styles/index.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app/app.tsx';
import { followConvergence } from './data/convergence.ts';
import { openFeed } from './data/feed.ts';
import { about, followNode, loadAbout, ownName } from './data/node.ts';

const page = document.getElementById('page');
if (page === null) throw new Error('index.html has no element #page');

await loadAbout();
page.replaceChildren();
render(<App />, page);

if (about.value?.mode === 'node') {
  followNode();
  followConvergence(about.value.fingerprint);
  openFeed();
}

effect(() => {
  const name = ownName();
  document.title = name === '' ? 'Grove' : `${name} · Grove`;
});
