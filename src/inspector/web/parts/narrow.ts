/** Whether the page is as narrow as a phone's. The style sheets ask the same at the same width. */
import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 800px)');

export const isNarrow = signal(query.matches);

query.addEventListener('change', ({ matches }) => {
  isNarrow.value = matches;
});
