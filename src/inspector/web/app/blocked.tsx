/** Nothing can be shown: why, and what to do. */
import { useState } from 'preact/hooks';
import type { OperatorRefusal } from '../../contract.ts';
import { Field } from '../parts/field.tsx';
import { sentence } from '../parts/sentence.tsx';

export function Blocked({ refusal }: { readonly refusal: OperatorRefusal | null }) {
  if (refusal === null) return <p class="starting">Asking the node…</p>;
  const isSession = refusal.code === 'unauthorized';
  return (
    <main class="blocked">
      <h1>{isSession ? 'This page has no session' : 'The node does not answer'}</h1>
      <p>{sentence(refusal.message)}</p>
      {isSession ? (
        <SignIn />
      ) : (
        <p>
          <button type="button" class="primary" onClick={() => location.reload()}>
            Try again
          </button>
        </p>
      )}
    </main>
  );
}

function SignIn() {
  const [token, setToken] = useState('');
  const [isWrong, setWrong] = useState(false);
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const response = await fetch('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: token.trim() }),
    });
    if (response.ok) location.reload();
    else setWrong(true);
  }
  return (
    <form onSubmit={(event) => void send(event)}>
      <p>
        Run <code>seedling-ctl inspect</code> on the node's machine and open the address it prints, or paste
        its token here.
      </p>
      <Field label="Token" value={token} change={setToken} required monospaced />
      {isWrong && (
        <p class="refusal" role="alert">
          The node does not accept this token.
        </p>
      )}
      <button type="submit" class="primary">
        Open
      </button>
    </form>
  );
}
