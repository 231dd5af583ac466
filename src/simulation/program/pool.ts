/**
 * The threads of one call of grove-sim: as many as there are runs or processors. A thread has a heap of its own, with
 * room that the main thread's default would not give to ten thousand nodes.
 */
import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { keepObjectsYoung, youngMb } from './heap.ts';
import type { Job, JobDone, JobProgress } from './job.ts';

export class JobBrokenError extends Error {}

/** Makes all runs, at most `threads` at once; results come in the order of the jobs. `done` is called as they end. */
export async function runAll(
  jobs: readonly Job[],
  options: {
    readonly threads: number;
    readonly progress: (progress: JobProgress) => void;
    readonly done: (done: JobDone) => void;
  },
): Promise<readonly JobDone[]> {
  keepObjectsYoung();
  const results: JobDone[] = [];
  let next = 0;
  async function work(): Promise<void> {
    const worker = startWorker(options.threads);
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job === undefined) return;
        const place = index;
        const result = await runOne(worker, job, options.progress);
        results[place] = result;
        options.done(result);
      }
    } catch (error) {
      // One that cannot be made ends all: nobody begins another.
      next = jobs.length;
      throw error;
    } finally {
      await worker.terminate();
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.threads, jobs.length) }, work));
  return results;
}

function startWorker(threads: number): Worker {
  const memoryMb = Math.floor((totalmem() / 2 ** 20) * (0.75 / threads));
  return new Worker(new URL('./worker.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: youngMb, maxOldGenerationSizeMb: memoryMb },
  });
}

function runOne(worker: Worker, job: Job, progress: (progress: JobProgress) => void): Promise<JobDone> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => {
      worker.off('message', hear).off('error', fail).off('exit', end);
      action();
    };
    const hear = (answer: JobDone | JobProgress | { kind: 'broken'; message: string }) => {
      if (answer.kind === 'progress') progress(answer);
      else if (answer.kind === 'done') settle(() => resolve(answer));
      else settle(() => reject(new JobBrokenError(answer.message)));
    };
    const fail = (error: Error) => settle(() => reject(new JobBrokenError(error.message, { cause: error })));
    const end = () => settle(() => reject(new JobBrokenError('the thread of a run ended without a result')));
    worker.on('message', hear).on('error', fail).on('exit', end);
    worker.postMessage(job);
  });
}
