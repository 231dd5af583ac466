/** A node in no grove: it founds one, or joins one with an invitation for its fingerprint. */
import type { GroveStatus } from '../../contract.ts';
import { can, server } from '../data/node.ts';
import { CopyButton } from '../parts/copy.tsx';
import { openDialog } from './dialog-state.ts';

export function Outside({ status }: { readonly status: GroveStatus }) {
  const isJoining = status.state === 'joining';
  return (
    <section class="outside" aria-labelledby="outside-title">
      <h2 id="outside-title">{isJoining ? 'This node is joining a grove…' : 'This node is in no grove'}</h2>
      <p>
        It listens on <code>{server.value?.listen.join(', ') ?? ''}</code> and is known by its fingerprint:
      </p>
      <p class="own-fingerprint">
        <code>{status.own_fp}</code>
        <CopyButton text={status.own_fp} what="this node's fingerprint" />
      </p>
      <div class="choices">
        <div>
          <h3>Join a grove</h3>
          <p>
            Give the fingerprint to the operator of the leader. The invitation that comes back is pasted here.
          </p>
          <button
            type="button"
            class="primary"
            disabled={isJoining || !can('/grove/join')}
            onClick={() => (openDialog.value = { kind: 'join' })}
          >
            Join with an invitation…
          </button>
        </div>
        <div>
          <h3>Found a grove</h3>
          <p>This node becomes the leader: it alone decides who is a member and what the parameters are.</p>
          <button
            type="button"
            disabled={isJoining || !can('/grove/init')}
            onClick={() => (openDialog.value = { kind: 'init' })}
          >
            Found a new grove…
          </button>
        </div>
      </div>
    </section>
  );
}
