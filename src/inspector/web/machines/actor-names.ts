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

/** `peer.12` → `peer`. */
export function baseName(name: string): string {
  return name.replace(/[.:#-]?\d+$/, '').replace(/\.[0-9a-f]{16,}.*$/, '');
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
