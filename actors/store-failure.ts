/** Turns a failure of the store into an answer. Everything else that is thrown is a mistake of ours and goes on up. */

/** Whether an error is the store's own: it names a code and says what an operator can do. */
function isStoreError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === 'StoreError';
}

export function whenStoreFails<Answer>(attempt: () => Answer, failed: (detail: string) => Answer): Answer {
  try {
    return attempt();
  } catch (error) {
    if (isStoreError(error)) return failed(error.message);
    throw error;
  }
}
