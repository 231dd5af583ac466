/** The daemon's built-in actions behind the port. */
import type { AppActions, HookRunner } from '../ports/index.ts';
import { deliver } from './action-failure.ts';
import { FileRenderer } from './render-file.ts';
import { restartUnit } from './restart-unit.ts';
import { signalProcess } from './signal-process.ts';

export function createAppActions({ runner }: { readonly runner: HookRunner }): AppActions {
  const renderer = new FileRenderer();
  return {
    renderFile: (request, done) => deliver(() => renderer.render(request), done),
    signalProcess: (signal, done) => deliver(() => signalProcess(signal), done),
    restartUnit: (request, done) => restartUnit(runner, request, done),
  };
}
