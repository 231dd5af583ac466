/** What is wrong and what to do about it. A node that was removed says so before anything else. */
import type { GroveStatus } from '../../contract.ts';
import { Icon } from '../parts/icon.tsx';
import { Sentence } from '../parts/sentence.tsx';

/** A short name for each problem the node reports; its message says what to do. */
const titles: { readonly [code: string]: string } = {
  'loopback-only': 'Nobody can reach this node',
  'store-degraded': 'The disk does not take the newest payload',
  revoked: 'This node was removed from the grove',
  'suspected-revoked': 'This node was perhaps removed from the grove',
  'seq-jump': 'A payload is far ahead',
  'created-in-future': 'A payload is dated in the future',
  fork: 'The leader signed twice under one number',
  'no-links': 'No other member is linked',
  holding: 'The leader waits before it publishes',
};

/** These stop the grove's work on this node; the others are told in a calmer tone. */
const grave = new Set(['revoked', 'suspected-revoked', 'store-degraded', 'fork']);

// w[impl view.revoked]
export function Problems({ status }: { readonly status: GroveStatus }) {
  const { problems } = status;
  const sorted = problems.toSorted((a, b) => Number(grave.has(b.code)) - Number(grave.has(a.code)));
  return (
    <div class="problems" role="status" aria-label="Problems">
      {sorted.map(({ code, message }) => (
        <div
          key={`${code} ${message}`}
          class={`problem ${grave.has(code) ? 'grave' : ''}`}
          data-problem={code}
        >
          <Icon name="warning" />
          <div>
            <h2>{titles[code] ?? code}</h2>
            <p>
              <Sentence text={message} />
            </p>
          </div>
        </div>
      ))}
    </div>
  );
}
