/**
 * A bound param of an app has the value of the grove's payload in force, or it is written down that it waits or does not
 * fit, at any moment, whatever dies; and once faults are over nothing waits and every app was told: by what is written
 * down, and by what its last command saw.
 */
import type { AppRow, MappingRow } from '../../ports/index.ts';
import type { ParamValues } from '../world/programs.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

export function boundParamsFollow(): Check {
  return {
    name: 'bound-params-follow',
    afterStep: (_world, node) => (node.hasApps ? firstStray(node) : null),
    atEnd: (world) =>
      world.honest.flatMap((node) => {
        const detail = node.hasApps && node.process !== null ? (firstStray(node) ?? firstUntold(node)) : null;
        return detail === null ? [] : [{ node, detail }];
      }),
  };
}

/** Honest nodes with an app that has something to take or to be told. */
export function appsBehind(world: World): readonly SimulatedNode[] {
  return world.honest.filter((node) => node.hasApps && node.process !== null && firstUntold(node) !== null);
}

function firstStray({ store: { apps } }: SimulatedNode): string | null {
  for (const mapping of apps.mappings()) {
    if (mapping.pendingSeq !== null || mapping.misfit !== null) continue;
    const wanted = apps.groveParam(mapping.groveParam)?.value ?? null;
    const value = apps.values(mapping.app).find(({ name }) => name === mapping.appParam)?.value ?? null;
    if (value !== wanted) return `${nameOf(mapping)} differs from ${mapping.groveParam} and does not wait`;
  }
  return null;
}

function firstUntold(node: SimulatedNode): string | null {
  const { apps } = node.store;
  const waits = apps.mappings().find(({ pendingSeq }) => pendingSeq !== null);
  if (waits !== undefined) return `${nameOf(waits)} still waits`;
  const [untold] = apps.untoldApps();
  if (untold !== undefined) return `${untold} was not told of its newest values`;
  // A disk that was put back knows nothing of what was told after its copy was made.
  if (node.restores > 0) return null;
  const misled = apps.apps().find((app) => app.installed && !wasShown(node, app));
  return misled === undefined ? null : `the last command of ${misled.definition.name} saw other values`;
}

function wasShown({ store, programs }: SimulatedNode, { definition: { name, params } }: AppRow): boolean {
  const values = store.apps.values(name);
  const nothing: ParamValues = {};
  const told = programs.told.has(name) ? programs.told.get(name) : nothing;
  if (told === null || told === undefined) return false;
  return params.every((param) => {
    const held = values.find((value) => value.name === param.name)?.value ?? param.default_value;
    return (told[param.name] ?? null) === held;
  });
}

function nameOf({ app, appParam }: MappingRow): string {
  return `${appParam} of ${app}`;
}
