/**
 * One statechart as a Mermaid diagram and a table. Mermaid cannot draw an arrow across the border of a composite state:
 * such an arrow is drawn between the states of the level that holds both its ends, and says which inner state is meant.
 */

/**
 * @typedef {import('xstate').AnyStateNode} StateNode
 * @typedef {import('xstate').AnyStateMachine} Machine
 * @typedef {{ readonly [name: string]: number }} Delays milliseconds
 * @typedef {{ event: string, guard: string, target: StateNode | null }} Transition
 * @typedef {{ from: string, to: string, label: string }} Arrow
 */

/**
 * @param {Machine} machine
 * @param {Delays} defaults
 */
export function diagramOf(machine, defaults) {
  const levels = new Map();
  for (const node of nodesBelow(machine.root, true)) {
    for (const transition of transitionsOf(node, machine, defaults)) {
      const { target } = transition;
      if (target === null) continue;
      const level = levelOf(node, target);
      const arrows = levels.get(level) ?? [];
      arrows.push(arrowOf(level, node, target, transition));
      levels.set(level, arrows);
    }
  }
  return ['stateDiagram-v2', ...levelLines(machine.root, levels, '  ')].join('\n');
}

/**
 * What the diagram leaves out, state by state.
 * @param {Machine} machine
 * @param {Delays} defaults
 */
export function statesOf(machine, defaults) {
  const rows = nodesBelow(machine.root, true).flatMap((node) => {
    const stays = transitionsOf(node, machine, defaults).filter(({ target }) => target === null);
    const hears = [...new Set(stays.map(({ event }) => `\`${event}\``))].join(', ');
    const runs = node.invoke.map(({ src }) => `\`${typeof src === 'string' ? src : 'an actor'}\``).join(', ');
    if (hears === '' && runs === '') return [];
    const name = node.path.length === 0 ? 'any' : node.path.join('.');
    return [`| ${name} | ${runs} | ${hears} |`];
  });
  const delays = Object.keys(machine.implementations.delays)
    .map((name) => `\`${name}\` ${delayText(name, machine, defaults)}`)
    .join(', ');
  const table =
    rows.length === 0 ? [] : ['| state | runs | hears without leaving it |', '| --- | --- | --- |', ...rows];
  return [...table, ...(delays === '' ? [] : ['', `Delays: ${delays}.`])].join('\n').trim();
}

/**
 * @param {StateNode} level
 * @param {Map<StateNode, Arrow[]>} levels
 * @param {string} indent
 * @returns {string[]}
 */
function levelLines(level, levels, indent) {
  const children = Object.values(level.states);
  const arrows = levels.get(level) ?? [];
  const lines = children.flatMap((child) => {
    const inner = Object.keys(child.states).length > 0;
    const name = `state "${child.key}" as ${idOf(child)}`;
    return inner ? [`${name} {`, ...levelLines(child, levels, '  '), '}'] : [name];
  });
  const anywhere = anywhereIn(level);
  if (arrows.some(({ from }) => from === anywhere)) lines.push(`state "any state" as ${anywhere}`);
  for (const { target } of [level.initial]) {
    for (const first of target ?? []) lines.push(`[*] --> ${idOf(first)}`);
  }
  lines.push(...merged(arrows));
  for (const child of children) if (child.type === 'final') lines.push(`${idOf(child)} --> [*]`);
  return lines.map((line) => indent + line);
}

/**
 * Arrows between the same two states become one with several lines.
 * @param {readonly Arrow[]} arrows
 */
function merged(arrows) {
  const labels = new Map();
  for (const { from, to, label } of arrows) {
    const ends = `${from} --> ${to}`;
    labels.set(ends, [...(labels.get(ends) ?? []), label]);
  }
  return [...labels].map(([ends, lines]) => `${ends} : ${[...new Set(lines)].join('<br>')}`);
}

/**
 * @param {StateNode} level
 * @param {StateNode} source
 * @param {StateNode} target
 * @param {Transition} transition
 * @returns {Arrow}
 */
function arrowOf(level, source, target, { event, guard }) {
  const from = level === source ? null : childOf(level, source);
  const to = childOf(level, target);
  const details = [
    ...(from === null || from === source ? [] : [`from ${pathBelow(from, source)}`]),
    ...(to === target ? [] : [`to ${pathBelow(to, target)}`]),
  ];
  const label = [event, guard, ...(details.length === 0 ? [] : [`(${details.join(' ')})`])];
  return {
    from: from === null ? anywhereIn(level) : idOf(from),
    to: idOf(to),
    label: label.filter((part) => part !== '').join(' '),
  };
}

/**
 * Everything that can happen in a state itself, in the order it is looked at.
 * @param {StateNode} node
 * @param {Machine} machine
 * @param {Delays} defaults
 * @returns {Transition[]}
 */
function transitionsOf(node, machine, defaults) {
  const delayOf = new Map(node.after.map(({ eventType, delay }) => [eventType, String(delay)]));
  const groups = [...node.transitions].map(([type, candidates]) => ({
    event: eventText(type, delayOf.get(type), machine, defaults),
    candidates,
  }));
  return [...groups, { event: '', candidates: node.always ?? [] }].flatMap(({ event, candidates }) =>
    candidates.flatMap(({ guard, target }, index) => {
      const otherwise = candidates.slice(0, index).some((earlier) => earlier.guard !== undefined);
      const guardText = guard === undefined ? (otherwise ? '[else]' : '') : `[${guardName(guard)}]`;
      const named = event === '' && guardText === '' ? 'at once' : event;
      const targets = target ?? [null];
      return targets.map((state) => ({ event: named, guard: guardText, target: state }));
    }),
  );
}

/**
 * @param {string} type
 * @param {string | undefined} delay
 * @param {Machine} machine
 * @param {Delays} defaults
 */
function eventText(type, delay, machine, defaults) {
  if (delay !== undefined) return `after ${delay} ${delayText(delay, machine, defaults)}`;
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(type) ?? [];
  if (outcome === undefined) return type;
  return `${actor === '*' ? 'an actor' : actor} ${outcome === 'done' ? 'is done' : 'fails'}`;
}

/**
 * @param {string} name
 * @param {Machine} machine
 * @param {Delays} defaults
 */
function delayText(name, machine, defaults) {
  const provided = machine.implementations.delays[name];
  const ms = typeof provided === 'number' ? provided : defaults[name];
  if (ms === undefined) throw new Error(`the delay ${name} has no default`);
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}

/** @param {unknown} guard */
function guardName(guard) {
  return typeof guard === 'string' ? guard : 'a condition';
}

/**
 * The innermost state that holds both ends; the source itself when it holds the target.
 * @param {StateNode} source
 * @param {StateNode} target
 * @returns {StateNode}
 */
function levelOf(source, target) {
  if (source !== target && isWithin(target, source)) return source;
  for (let level = source.parent; level !== undefined; level = level.parent) {
    if (isWithin(target, level)) return level;
  }
  throw new Error(`${source.id} and ${target.id} are not of one machine`);
}

/**
 * The child of a level that is, or holds, a state.
 * @param {StateNode} level
 * @param {StateNode} node
 * @returns {StateNode}
 */
function childOf(level, node) {
  const child = Object.values(level.states).find((state) => isWithin(node, state));
  if (child === undefined) throw new Error(`${node.id} is not below ${level.id}`);
  return child;
}

/**
 * @param {StateNode} node
 * @param {StateNode} ancestor
 */
function isWithin(node, ancestor) {
  return ancestor.path.every((key, index) => node.path[index] === key);
}

/**
 * @param {StateNode} node
 * @param {boolean} itself
 * @returns {StateNode[]}
 */
function nodesBelow(node, itself) {
  return [
    ...(itself ? [node] : []),
    ...Object.values(node.states).flatMap((child) => nodesBelow(child, true)),
  ];
}

/**
 * @param {StateNode} ancestor
 * @param {StateNode} node
 */
function pathBelow(ancestor, node) {
  return node.path.slice(ancestor.path.length).join('.');
}

/** @param {StateNode} node */
function idOf(node) {
  return node.path.join('_');
}

/** @param {StateNode} level */
function anywhereIn(level) {
  return [...level.path, 'any'].join('_');
}
