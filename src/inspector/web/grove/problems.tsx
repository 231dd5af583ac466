/** What is wrong and what to do about it. A node that was removed says so before anything else. */
import type { GroveStatus, ProblemCode } from '../../contract.ts';
import { can } from '../data/node.ts';
import { Icon } from '../parts/icon.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { openDialog } from './dialog-state.ts';

/** A short name for each problem a node can report; its message says what to do. */
const titles: { readonly [Code in ProblemCode]: string } = {
  'loopback-only': 'Nobody can reach this node',
  'store-degraded': 'The disk does not take the newest payload',
  revoked: 'This node was removed from the grove',
  'key-mismatch': 'This node has another key than its grove knows',
  'suspected-revoked': 'This node was perhaps removed from the grove',
  'created-in-future': 'A payload is dated in the future',
  'seq-jump': 'A payload is far ahead',
  fork: 'The leader signed twice under one number',
  'identity-conflict': 'Two processes use one key',
  'damaged-rows': 'Part of the database cannot be read',
  'events-unreadable': 'The log of events cannot be read',
  'store-unreadable': 'The database cannot be read',
  'app-failing': 'An app does not know its newest values',
  'install-failed': 'An app could not be installed',
  'mapping-incompatible': 'A value does not fit its app',
  'no-links': 'No other member is linked',
  'no-address-file': 'Commands on this machine do not find the node',
  holding: 'The leader waits before it publishes',
};

/** These stop the grove's work on this node; the others are told in a calmer tone. */
const grave: ReadonlySet<ProblemCode> = new Set([
  'revoked',
  'suspected-revoked',
  'key-mismatch',
  'store-degraded',
  'store-unreadable',
  'fork',
]);

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
            {code === 'seq-jump' && can('/grove/accept-jump') && (
              <button type="button" onClick={() => (openDialog.value = { kind: 'accept-jump' })}>
                Take that payload…
              </button>
            )}
          </div>
        </div>
      ))}
    </div>
  );
}
