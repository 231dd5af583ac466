/** Turns a failure of the store into an answer. Everything else that is thrown is a mistake of ours and goes on up. */

/** Whether an error is the store's own: it names a code and says what an operator can do. */
function isStoreError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === 'StoreError';
}

export function whenStoreFails<Answer>(attempt: () => Answer, failed: (detail: string) => Answer): Answer {
  try {
    return attempt();
  } catch (error) {
    return failed(storeFailureDetail(error));
  }
}

/** What the store says of a failure of its own. */
export function storeFailureDetail(error: unknown): string {
  if (isStoreError(error)) return error.message;
  throw error;
}
