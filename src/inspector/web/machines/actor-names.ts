/** What actors are called on the page, and which line of the sequence stands for them. */
import { nameOf } from '../data/node.ts';
import type { Timeline, TimelineActor } from '../data/timeline.ts';

export interface Lifeline {
  readonly key: string;
  readonly label: string;
  /** Second line: for a peer, who it is. */
  readonly detail: string;
  readonly kind: 'outside' | 'actor' | 'remote';
  /** Fingerprint of the node it is about. */
  readonly peer: string | null;
}

const outside: Lifeline = { key: 'outside', label: 'outside', detail: '', kind: 'outside', peer: null };

/** `peer.qf3a…` → `peer`: what follows the first dot tells one of several from the others. */
export function baseName(name: string): string {
  return name.split('.')[0] ?? name;
}

/** For the tree: `peer` with whom. */
export function actorTitle(actor: TimelineActor): string {
  const { name, peer } = actor;
  return peer === null ? baseName(name) : `${baseName(name)} ${peerName(peer.fingerprint)}`;
}

export function peerName(fingerprint: string): string {
  return nameOf(fingerprint);
}

/**
 * The line of an actor. A wire stands for the node at its other end, so that what crosses it reads as a talk between nodes.
 * A helper that only works for one machine (it verifies, it stores) has no line of its own: it is part of that machine.
 */
export function lifelineOf(timeline: Timeline, id: string | null): Lifeline {
  const actor = id === null ? undefined : timeline.actors.get(id);
  if (actor === undefined) return id === null ? outside : { ...outside, key: id, label: id, kind: 'actor' };
  const base = baseName(actor.name);
  if (!timeline.isLive) return tracedLine(actor);
  const peer = actor.peer?.fingerprint ?? null;
  if (base === 'wire' && peer !== null) {
    return { key: `remote ${peer}`, label: peerName(peer), detail: 'the other node', kind: 'remote', peer };
  }
  const parent = actor.parent === null ? undefined : timeline.actors.get(actor.parent);
  const isHelper = actor.machine === null && parent !== undefined && parent.parent !== null;
  if (isHelper) return lifelineOf(timeline, actor.parent);
  return {
    key: `${base} ${peer ?? ''}`,
    label: base,
    detail: peer === null ? '' : peerName(peer),
    kind: 'actor',
    peer,
  };
}

/** In a trace of many nodes each node has lines of its own. */
function tracedLine({ id, name, parent }: TimelineActor): Lifeline {
  if (parent === null) return { key: id, label: name, detail: 'node', kind: 'remote', peer: name };
  const base = baseName(name.split('/').at(-1) ?? name);
  const other = /\((.*)\)$/.exec(name)?.[1];
  const label = other === undefined ? base : `${base} ${other}`;
  return { key: `${parent} ${label}`, label, detail: parent, kind: 'actor', peer: parent };
}

/** In one line: `peer clinic-2`, and for the node at the other end `clinic-2`. */
export function nameOfLine(line: Lifeline | undefined): string {
  if (line === undefined) return '';
  return line.kind === 'remote' ? line.label : `${line.label} ${line.detail}`.trim();
}

/**
 * The supervisor first, the services in the order they appeared, then each peer beside the node it talks to: most arrows are
 * short so.
 */
export function inOrder(lines: readonly Lifeline[]): readonly Lifeline[] {
  return lines
    .map((line, index) => ({ line, index }))
    .toSorted(
      (a, b) => rankOf(a.line) - rankOf(b.line) || besideEachOther(a.line, b.line) || a.index - b.index,
    )
    .map(({ line }) => line);
}

function rankOf({ kind, label, peer }: Lifeline): number {
  if (kind === 'outside') return 3;
  if (peer !== null) return 2;
  return label === 'supervisor' ? 0 : 1;
}

/** Of one peer: its machine, then the node at the other end. */
function besideEachOther(a: Lifeline, b: Lifeline): number {
  if (a.peer === null || b.peer === null) return 0;
  if (a.peer !== b.peer) return a.peer < b.peer ? -1 : 1;
  return Number(a.kind === 'remote') - Number(b.kind === 'remote');
}
