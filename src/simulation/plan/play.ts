/**
 * Plays a plan in a fresh world: the grove settles, the plan's actions are carried out, every fault ends, and then, within
 * a bound, everybody who can be reached must hold what the leader holds.
 */

import type { Check, Violation } from '../checks/check.ts';
import { appsBehind, membersBehind, standardChecks } from '../checks/index.ts';
import type { TrafficTotals } from '../world/traffic.ts';
import { World, type WorldOptions } from '../world/world.ts';
import type { Plan } from './action.ts';
import { carryOut, type PlanState } from './carry-out.ts';

export interface PlayOptions extends Omit<WorldOptions, 'checks'> {
  readonly plan: Plan;
  /** Default: `standardChecks()`. */
  readonly checks?: readonly Check[];
  /** Publishes before the plan, so that the tree is there: every node then has what it needs to take part in it. */
  readonly warmUp?: number;
  /** Nodes that are not started with the others: they wait for their part. */
  readonly asleep?: readonly number[];
  /** Called now and then, with how far the world's time has come. */
  readonly progress?: (world: World, phase: Phase) => void;
  /** Called before anything happens, for who wants to watch. */
  readonly prepare?: (world: World) => void;
}

export type Phase = 'settling' | 'warming-up' | 'playing' | 'healing' | 'done';

export interface Played {
  readonly world: World;
  readonly violations: readonly Violation[];
  /** Of the whole trace. */
  readonly hash: string;
  /** When the plan's first action could come, milliseconds since the world began. */
  readonly settledAt: number;
  /** What all nodes sent while the plan was played. */
  readonly traffic: TrafficTotals;
}

/** A grove that starts has its links by then, or the plan begins without them. */
const settleMsMax = 120_000;
/** After the links are there: what was learnt is told on. */
const restMs = 10_000;
const warmUpGapMs = 2_000;
/** Between the end of the last fault and the moment when everybody must be level. */
export const healMsMax = 20 * 60_000;
/** By then links to those that died are over, and what was dialled in their place is up. */
const quietMs = 40_000;
/** Enough where nothing broke. */
const quietAfterPublishesMs = 2_000;

export function play(options: PlayOptions): Played {
  const checks = options.checks ?? standardChecks();
  const world = new World({ ...options, checks });
  options.prepare?.(world);
  const asleep = new Set(options.asleep ?? []);
  for (const node of world.nodes) {
    if (!asleep.has(node.number))
      world.later(world.random.between(0, 1_000), () => node.start(), node.number);
  }
  const tell = (phase: Phase) => options.progress?.(world, phase);
  settle(world, tell);
  for (let count = 0; count < (options.warmUp ?? 0); count += 1) {
    world.publish(`warm-up ${count}`, 'warm-up');
    pass(world, warmUpGapMs, () => tell('warming-up'));
  }
  const settledAt = world.time.now;
  world.traffic.reset();
  playActions(world, options.plan, () => tell('playing'));
  const traffic = world.traffic.totals();
  heal(world, () => tell('healing'));
  const onlyPublishes = options.plan.every((action) => action.do === 'publish');
  pass(world, onlyPublishes ? quietAfterPublishesMs : quietMs, () => tell('healing'));
  world.finish();
  tell('done');
  return { world, violations: world.violations, hash: world.trace.digest(), settledAt, traffic };
}

function settle(world: World, tell: (phase: Phase) => void): void {
  const wanted = (node: World['nodes'][number]) => {
    const others = (node.context?.standing?.members.length ?? 1) - 1;
    return node.process === null || node.process.transport.links.size >= Math.min(others, 6);
  };
  world.runUntil(
    () => {
      tell('settling');
      return world.time.now > 2_000 && world.nodes.every(wanted);
    },
    settleMsMax,
    1_000,
  );
  pass(world, restMs, () => tell('settling'));
}

function playActions(world: World, plan: Plan, tell: () => void): void {
  const state: PlanState = { backups: new Map() };
  const start = world.time.now;
  for (const action of [...plan].sort((left, right) => left.at - right.at)) {
    pass(world, Math.max(0, start + action.at - world.time.now), tell);
    carryOut(world, action, state);
  }
  // The last action has its effects before everything is mended.
  pass(world, 5_000, tell);
}

/** Every fault ends. Liars go on lying: the others must manage with them. */
function heal(world: World, tell: () => void): void {
  world.network.mendAll();
  world.network.conditions = { ...world.network.conditions, loss: 0, duplication: 0, bytesPerMs: null };
  for (const node of world.nodes) {
    node.diesAt = null;
    node.diskIsFull = false;
    node.commitMs = 0;
    node.setClock(0);
    node.manners.clear();
    node.hookManner = () => ({});
    if (node.starts > 0) node.start();
  }
  world.trace.add({ at: world.time.now, node: 'world', event: 'healed', detail: '' });
  world.runUntil(
    () => {
      tell();
      return everybodyIsLevel(world) && appsBehind(world).length === 0;
    },
    healMsMax,
    2_000,
  );
}

/** Everybody who is in the leader's grove, as the leader sees it, holds what it holds. */
export function everybodyIsLevel(world: World): boolean {
  return world.leader.version !== null && membersBehind(world).length === 0;
}

function pass(world: World, forMs: number, tell: () => void): void {
  const end = world.time.now + forMs;
  while (world.time.now < end) {
    world.run(Math.min(1_000, end - world.time.now));
    tell();
    if (world.isGivenUp) return;
  }
}
