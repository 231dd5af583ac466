/** One run as a worker is asked for it, and what it answers. Plain data: it crosses threads. */
import type { Plan, StandardFaults } from '../plan/index.ts';
import type { RunResult } from '../report/result.ts';

export interface Job {
  readonly seed: number;
  /** Null: as many as the scenario says, or 100. */
  readonly nodes: number | null;
  readonly scenario: string | null;
  readonly publishes: number;
  readonly latencyMs: number;
  readonly loss: number;
  readonly payloadBytes: number;
  readonly faults: StandardFaults;
  /** Played in place of what the seed would draw. */
  readonly plan: Plan | null;
  readonly files: JobFiles;
  /** Makes a failing plan smaller. */
  readonly shrinks: boolean;
}

export interface JobFiles {
  readonly trace: string | null;
  /** Records changes of state as well. */
  readonly states: boolean;
  readonly mermaid: string | null;
  /** Of the Mermaid diagram, milliseconds since the world began; null for what follows the first publish. */
  readonly window: { readonly from: number; readonly to: number } | null;
  readonly plot: string | null;
}

export interface Failure {
  readonly nodes: number;
  readonly plan: Plan;
  readonly runs: number;
  /** The last lines before the violation. */
  readonly trace: readonly string[];
}

export interface JobDone {
  readonly kind: 'done';
  readonly result: RunResult;
  /** For a run with violations: the smallest plan that still fails. */
  readonly failure: Failure | null;
}

export interface JobProgress {
  readonly kind: 'progress';
  readonly phase: string;
  readonly virtualMs: number;
  readonly steps: number;
}

/** The run could not be made: a mistake in a plan's file, not enough memory. */
export interface JobBroken {
  readonly kind: 'broken';
  readonly message: string;
}

export type JobAnswer = JobDone | JobProgress | JobBroken;
