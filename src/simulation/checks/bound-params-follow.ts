/**
 * A bound param of an app has the value of the grove's payload in force, or it is written down that it waits or does not
 * fit, at any moment, whatever dies; and once faults are over nothing waits and every app was told.
 */
import type { MappingRow } from '../../ports/index.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
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

function firstStray({ store: { apps } }: SimulatedNode): string | null {
  for (const mapping of apps.mappings()) {
    if (mapping.pendingSeq !== null || mapping.misfit !== null) continue;
    const wanted = apps.groveParam(mapping.groveParam)?.value ?? null;
    const value = apps.values(mapping.app).find(({ name }) => name === mapping.appParam)?.value ?? null;
    if (value !== wanted) return `${nameOf(mapping)} differs from ${mapping.groveParam} and does not wait`;
  }
  return null;
}

function firstUntold({ store: { apps } }: SimulatedNode): string | null {
  const waits = apps.mappings().find(({ pendingSeq }) => pendingSeq !== null);
  if (waits !== undefined) return `${nameOf(waits)} still waits`;
  const [untold] = apps.untoldApps();
  return untold === undefined ? null : `${untold} was not told of its newest values`;
}

function nameOf({ app, appParam }: MappingRow): string {
  return `${appParam} of ${app}`;
}
