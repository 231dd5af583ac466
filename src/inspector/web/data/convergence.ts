/** Which peer had which number when, as this node saw it. */
import { signal } from '@preact/signals';
import { convergencePublishesMax, type FeedFrame, type Publish, type ReachedMark } from '../../contract.ts';
import { onFrame, subscribe } from './feed.ts';

/** Oldest first. */
export const publishes = signal<readonly Publish[]>([]);

export function followConvergence(ownFingerprint: string): () => void {
  const stops = [onFrame((frame) => takeFrame(frame, ownFingerprint)), subscribe('convergence')];
  return () => {
    for (const stop of stops) stop();
  };
}

function takeFrame(frame: FeedFrame, own: string): void {
  if (frame.type === 'convergence') publishes.value = frame.publishes;
  else if (frame.type === 'reached') publishes.value = withMarks(publishes.value, frame.marks, own);
}

export function withMarks(
  known: readonly Publish[],
  marks: readonly ReachedMark[],
  own: string,
): readonly Publish[] {
  const bySeq = new Map(known.map((publish) => [publish.seq, publish]));
  for (const { seq, fingerprint, at } of marks) {
    const publish = bySeq.get(seq) ?? { seq, at: null, reached: [] };
    const isKnown = publish.reached.some((mark) => mark.fingerprint === fingerprint);
    if (fingerprint === own) bySeq.set(seq, { ...publish, at: publish.at ?? at });
    else if (!isKnown) bySeq.set(seq, { ...publish, reached: [...publish.reached, { fingerprint, at }] });
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq).slice(-convergencePublishesMax);
}
