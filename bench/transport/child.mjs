/** A child process that makes one measurement of one transport. */
import { serve } from '../lib/child.mjs';
import { measures } from './measures.mjs';

serve({
  async measure({ subject, measure, settings }) {
    const { createTransport } = await import(`./${subject}.mjs`);
    return measures[measure](createTransport, settings);
  },
});
