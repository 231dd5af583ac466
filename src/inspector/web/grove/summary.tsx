/** This node in a few lines. */
import type { GroveStatus } from '../../contract.ts';
import { about, can, nameOf, server } from '../data/node.ts';
import { stateWords } from '../data/plain-words.ts';
import { ShortHex } from '../parts/copy.tsx';
import { Ago, durationText } from '../parts/time.tsx';
import { openDialog } from './dialog-state.ts';

type Membership = Extract<GroveStatus, { is_member: true }>;

export function Summary({ status }: { readonly status: Membership }) {
  const { word, tone } = stateWords(status);
  const info = server.value;
  return (
    <section class="summary" aria-label="This node">
      <dl>
        <div>
          <dt>This node is</dt>
          <dd>
            <span class={`chip ${tone}`}>{word}</span>
          </dd>
        </div>
        <div>
          <dt>Leader</dt>
          <dd>{status.leader_fp === status.own_fp ? 'this node' : nameOf(status.leader_fp)}</dd>
        </div>
        <div>
          <dt>Number in force</dt>
          <dd>
            <strong class="tabular">{status.current_seq}</strong> <span class="faint">published </span>
            <Ago time={status.created_at} />
          </dd>
        </div>
        <div>
          <dt>Linked</dt>
          <dd class="tabular">
            {status.connected_peers} of {status.members_count - 1} others
          </dd>
        </div>
        <div>
          <dt>Fingerprint</dt>
          <dd>
            <ShortHex hex={status.own_fp} what="this node's fingerprint" />
          </dd>
        </div>
        <div>
          <dt>Payload hash</dt>
          <dd>
            <ShortHex hex={status.payload_hash} what="the payload's hash" />
          </dd>
        </div>
        <div>
          <dt>Grove</dt>
          <dd>
            <ShortHex hex={status.grove_id} what="the grove's id" />
          </dd>
        </div>
        <div>
          <dt>Listens on</dt>
          <dd>
            <code class="wrap">{info?.listen.join(', ') ?? ''}</code>
          </dd>
        </div>
        <div>
          <dt>Program</dt>
          <dd>
            {about.value?.version} on {about.value?.hostname}
            {info !== null && <span class="faint">, up {durationText(info.uptime_secs * 1_000)}</span>}
          </dd>
        </div>
      </dl>
      {can('/grove/leave') && (
        <button type="button" class="quiet-danger" onClick={() => (openDialog.value = { kind: 'leave' })}>
          Leave the grove…
        </button>
      )}
    </section>
  );
}
