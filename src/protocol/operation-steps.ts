/** What an operation on an app consists of, in order: files first, then the command, then whoever must notice. */
import type { AppCommand, AppDefinition, AppRender, AppRestart, AppSignal } from './app-types.ts';

export type OperationStep =
  | { readonly kind: 'render'; readonly render: AppRender }
  | { readonly kind: 'command'; readonly command: AppCommand }
  | { readonly kind: 'signal'; readonly signal: AppSignal }
  | { readonly kind: 'restart'; readonly restart: AppRestart };

// i[impl app.steps]
/**
 * An installation renders the files and runs `install`; a change renders them, runs `on_change`, and then signals or restarts. The
 * first step that fails ends the operation.
 */
export function operationSteps(
  definition: AppDefinition,
  operation: 'install' | 'on_change',
): readonly OperationStep[] {
  const steps: OperationStep[] = definition.render.map((render) => ({ kind: 'render', render }));
  const command = operation === 'install' ? definition.install : definition.on_change;
  if (command !== null) steps.push({ kind: 'command', command });
  if (operation === 'on_change' && definition.signal !== null)
    steps.push({ kind: 'signal', signal: definition.signal });
  if (operation === 'on_change' && definition.restart !== null)
    steps.push({ kind: 'restart', restart: definition.restart });
  return steps;
}

export interface StepProgress {
  /** The definition has files. */
  readonly anyRendered: boolean;
  /** One of them was written in this operation. */
  readonly anyChanged: boolean;
  /** The operation before this one on the app, or the attempt before, failed or was cut short. */
  readonly isAfterFailure: boolean;
}

/**
 * Whether `step` is to be run, once those before it are done. A signal or restart is left out when every file was already as it
 * should be. Not after a failure: the file may have been written then, and nobody told.
 */
export function isStepDue(step: OperationStep, progress: StepProgress): boolean {
  if (step.kind === 'render' || step.kind === 'command') return true;
  return !progress.anyRendered || progress.anyChanged || progress.isAfterFailure;
}
