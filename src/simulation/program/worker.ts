/** The thread that makes runs, one after the other. */
import { parentPort } from 'node:worker_threads';
import type { Job, JobAnswer } from './job.ts';
import { runJob } from './run-job.ts';

const port = parentPort;
if (port === null) throw new Error('this file is a thread of grove-sim, not a program');

const answer = (message: JobAnswer) => port.postMessage(message);

port.on('message', (job: Job) => {
  try {
    answer(runJob(job, answer));
  } catch (error) {
    answer({
      kind: 'broken',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
});
