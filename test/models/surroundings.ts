/** What surrounds a machine, read from what it does: the events it planned for itself, and the actors it started. */
import type { ExecutableActionObject } from 'xstate';

/** Without an id it cannot be called off any more. */
export interface PlannedEvent {
  readonly id: string | null;
  readonly event: { readonly type: string };
}

export interface Child {
  readonly id: string;
  /** The name of its logic. */
  readonly source: string;
}

export interface Surroundings {
  readonly planned: readonly PlannedEvent[];
  readonly children: readonly Child[];
  /** Stopped by the last step: what they said before may still be on its way. */
  readonly gone: readonly Child[];
}

export const nobody: Surroundings = { planned: [], children: [], gone: [] };

type Params = { readonly [name: string]: unknown };

export function afterwards(
  before: Surroundings,
  actions: readonly Pick<ExecutableActionObject, 'type' | 'params'>[],
): Surroundings {
  let { planned, children } = before;
  let gone: Child[] = [];
  for (const { type, params: given } of actions) {
    const params = (given ?? {}) as Params;
    const id = String(params.id);
    switch (type) {
      case 'xstate.raise':
        if (params.delay !== undefined) planned = plan(planned, params);
        break;
      case 'xstate.cancel':
        planned = planned.filter((one) => one.id !== params.sendId);
        break;
      case 'xstate.spawnChild':
        children = [...children.filter((child) => child.id !== id), { id, source: String(params.src) }];
        break;
      case 'xstate.stopChild':
        gone = [...gone, ...children.filter((child) => child.id === id)];
        children = children.filter((child) => child.id !== id);
        break;
    }
  }
  return { planned, children, gone };
}

/** Planned again under the same id, the first one still comes and cannot be called off: so does XState. */
function plan(planned: readonly PlannedEvent[], { id, event }: Params): readonly PlannedEvent[] {
  const own = typeof id === 'string' ? id : null;
  const others = planned.map((one) => (own !== null && one.id === own ? { ...one, id: null } : one));
  return [...others, { id: own, event: event as { type: string } }];
}

/** The event of one plan comes: it is planned no more. */
export function withoutPlan(before: Surroundings, index: number): Surroundings {
  return { ...before, planned: before.planned.filter((_, other) => other !== index), gone: [] };
}

/** `xstate.after.helloTimeout.peer.greeting` names its delay. */
export function labelOf({ event }: PlannedEvent): string {
  const { type, ...rest } = event;
  const delay = /^xstate\.after\.([^.]+)\./.exec(type)?.[1];
  if (delay !== undefined) return `after ${delay}`;
  return `planned ${type}${Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`}`;
}

export function lives({ children }: Surroundings, source: string): boolean {
  return children.some((child) => child.source === source);
}

/** Alive, or stopped by the last step with its answer on the way. */
export function mayAnswer({ children, gone }: Surroundings, source: string): boolean {
  return [...children, ...gone].some((child) => child.source === source);
}
