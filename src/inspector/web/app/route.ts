/** Where in the page we are: the part of the address after `#`. Works with the browser's own back and forward. */
import { signal } from '@preact/signals';

export const views = ['grove', 'machines', 'convergence'] as const;
export type View = (typeof views)[number];

export const route = signal<View>(read());

addEventListener('hashchange', () => {
  route.value = read();
});

function read(): View {
  const [, name] = location.hash.split('/');
  return views.find((view) => view === name) ?? 'grove';
}
