/** Does to a world what an action says. An action that makes no sense any more does nothing: plans are made smaller by leaving some out. */
import { oneWay, partition } from '../world/conditions.ts';
import type { CrashPoint } from '../world/simulated-disk.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World } from '../world/world.ts';
import type { Action } from './action.ts';
import { carryOutOnApp } from './app-deeds.ts';
import { lyingOf } from './lies.ts';

/** What a plan keeps while it is played. */
export interface PlanState {
  readonly backups: Map<number, Uint8Array>;
}

export function carryOut(world: World, action: Action, state: PlanState): void {
  world.trace.add({ at: world.time.now, node: 'world', event: action.do, detail: detailOf(action) });
  switch (action.do) {
    case 'publish':
      world.publish(action.value, action.name);
      return;
    case 'unset':
      world.leader.change({ kind: 'params', set: [], unset: [action.name] });
      return;
    case 'partition':
      world.network.cut(partition(partOf(action.parts)));
      return;
    case 'cut-one-way':
      world.network.cut(oneWay(new Set(action.from), new Set(action.to)));
      return;
    case 'mend':
      world.network.mendAll();
      return;
    case 'break-links': {
      const links = world.network.links();
      for (const link of world.random.sample(links, Math.ceil(links.length * action.share))) {
        link.breakOff('the path broke');
      }
      return;
    }
    case 'conditions': {
      const { at: _at, do: _do, ...changes } = action;
      world.network.conditions = { ...world.network.conditions, ...changes };
      return;
    }
    default: {
      const node = world.nodes[action.node];
      if (node !== undefined) carryOutAt(world, node, action, state);
    }
  }
}

type NodeAction = Extract<Action, { readonly node: number }>;

function carryOutAt(world: World, node: SimulatedNode, action: NodeAction, { backups }: PlanState): void {
  const { fingerprint, name: label, number } = node;
  switch (action.do) {
    case 'invite':
      world.leader.change({ kind: 'invite', member: { fp: fingerprint, label } });
      return;
    case 'revoke':
      world.leader.change({ kind: 'revoke', fp: fingerprint });
      return;
    case 'join':
      node.join(
        action.through.flatMap((through) => world.nodes[through] ?? []),
        world.leader,
      );
      return;
    case 'leave':
      node.leave();
      return;
    case 'crash':
      crash(node, action.point ?? null, action.after ?? 0);
      return;
    case 'stop':
      node.stop();
      return;
    case 'start':
      node.start();
      return;
    case 'clock':
      node.setClock(action.skewMs);
      return;
    case 'slow-disk':
      node.commitMs = action.commitMs;
      return;
    case 'full-disk':
      node.diskIsFull = action.full;
      return;
    case 'backup':
      backups.set(number, node.store.image());
      return;
    case 'restore':
      // What it signs from here on may be under numbers that it used before.
      if (node === world.leader) world.expectsForks = true;
      node.restore(backups.get(number));
      return;
    case 'lie':
      node.lie(action.how, lyingOf(action.how, world, node));
      return;
    case 'strict-window':
      node.strictTimestampWindow = action.on;
      return;
    default:
      carryOutOnApp(node, action);
  }
}

/** At once, or when the process comes to that point for the `after + 1`th time. */
function crash(node: SimulatedNode, point: CrashPoint | null, after: number): void {
  if (point === null) {
    node.crash();
    return;
  }
  let passed = 0;
  node.diesAt = (reached) => {
    if (reached !== point) return false;
    passed += 1;
    return passed > after;
  };
}

function partOf(parts: readonly (readonly number[])[]): (node: number) => number {
  const found = new Map(parts.flatMap((nodes, part) => nodes.map((node): [number, number] => [node, part])));
  return (node) => found.get(node) ?? parts.length;
}

function detailOf({ at: _at, do: _do, ...rest }: Action): string {
  return Object.entries(rest)
    .map(
      ([field, value]) =>
        `${field}=${typeof value === 'string' ? value.slice(0, 40) : JSON.stringify(value)}`,
    )
    .join(' ');
}
