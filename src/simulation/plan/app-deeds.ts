/** What operators do with the apps of simulated nodes, and how the commands of these go. */
import type { AppAsk } from '../../../actors/index.ts';
import type { AppDefinition } from '../../protocol/app-types.ts';
import type { HookManner } from '../world/simulated-hooks.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { AppDeed } from './action.ts';

/** After this a command is stopped. */
const commandMsMax = 60_000;
/** Longer than any time limit. */
const foreverMs = 366 * 24 * 3_600_000;

export function carryOutOnApp(node: SimulatedNode, deed: AppDeed): void {
  if (deed.do === 'commands') node.manners.set(deed.app, mannerOf(deed));
  else node.askApp(deed.app, askOf(deed));
}

function askOf(deed: Exclude<AppDeed, { do: 'commands' }>): AppAsk {
  switch (deed.do) {
    case 'create-app':
      return { what: 'create', definition: definitionOf(deed.app, deed.params, deed.installs ?? false) };
    case 'install-app':
      return { what: 'install' };
    case 'remove-app':
      return { what: 'remove' };
    case 'map':
      return { what: 'map', appParam: deed.param, groveParam: deed.to };
    case 'unmap':
      return { what: 'unmap', appParam: deed.param };
    case 'set-app':
      return { what: 'set', name: deed.param, value: deed.value };
    case 'unset-app':
      return { what: 'unset', name: deed.param };
  }
}

function definitionOf(name: string, params: readonly string[], installs: boolean): AppDefinition {
  const command = { command: ['/bin/true'], timeout_ms: commandMsMax, working_directory: null };
  return {
    name,
    params: [...new Set(params)].sort().map((param) => ({
      name: param,
      kind: 'text',
      required: false,
      default_value: null,
      description: '',
      secret: false,
    })),
    install: installs ? command : null,
    on_change: command,
    render: [],
    signal: null,
    restart: null,
  };
}

/** The next so many fail; each takes its time. */
function mannerOf({ ms = 1, fails = 0, hangs = false }: Extract<AppDeed, { do: 'commands' }>) {
  let left = fails;
  return (): HookManner => {
    const isToFail = left > 0;
    if (isToFail) left -= 1;
    return { ms: hangs ? foreverMs : ms, exitCode: isToFail ? 1 : 0 };
  };
}
