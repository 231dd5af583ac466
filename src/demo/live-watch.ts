/** Notices changes the person makes while the nodes keep running: when the last node has one, it is shown. */
import type { DemoNode } from './demo-node.ts';
import type { Applied } from './event-watch.ts';

/** Changes that some nodes still lack; a node that skipped one never reports it. */
const unfinishedMax = 64;

export interface LiveWatch {
  /** Until then, nothing is shown: the story tells its own changes. */
  begin(): void;
  note(node: DemoNode, applied: Applied): void;
}

export function createLiveWatch(
  nodesCount: number,
  show: (seq: number, paramsChanged: readonly string[], ms: number) => void,
): LiveWatch {
  const unfinished = new Map<number, { readonly nodes: Set<DemoNode>; readonly firstAt: number }>();
  let isLive = false;
  return {
    begin: () => {
      isLive = true;
    },
    note: (node, { seq, paramsChanged, at }) => {
      if (!isLive) return;
      const { nodes, firstAt } = unfinished.get(seq) ?? { nodes: new Set<DemoNode>(), firstAt: at };
      nodes.add(node);
      unfinished.set(seq, { nodes, firstAt });
      const [oldest] = unfinished.keys();
      if (unfinished.size > unfinishedMax && oldest !== undefined) unfinished.delete(oldest);
      if (nodes.size < nodesCount) return;
      unfinished.delete(seq);
      show(seq, paramsChanged, at - firstAt);
    },
  };
}
