/** Asks the node: what the page may do, and the methods of the operator interface. A refusal is an answer, not an exception. */
import type { About, HttpRefusal, Json, OperatorAnswer, OperatorRefusal } from '../../contract.ts';

export type Answer<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly refusal: OperatorRefusal };

export async function request<Result = Json>(
  method: string,
  params: { readonly [name: string]: Json } = {},
): Promise<Answer<Result>> {
  const answer = await fetchJson<OperatorAnswer>('/api/request', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method, params }),
  });
  if (!answer.ok) return answer;
  return 'error' in answer.value
    ? { ok: false, refusal: answer.value.error }
    : { ok: true, value: answer.value.result as Result };
}

export function askAbout(): Promise<Answer<About>> {
  return fetchJson<About>('/api/about');
}

export async function fetchText(path: string): Promise<Answer<string>> {
  try {
    const response = await fetch(path, { credentials: 'same-origin' });
    const text = await response.text();
    return response.ok ? { ok: true, value: text } : { ok: false, refusal: refusalOf(response.status, text) };
  } catch {
    return unreachable;
  }
}

export async function fetchJson<Result>(path: string, options: RequestInit = {}): Promise<Answer<Result>> {
  try {
    const response = await fetch(path, { credentials: 'same-origin', ...options });
    const text = await response.text();
    if (!response.ok) return { ok: false, refusal: refusalOf(response.status, text) };
    return { ok: true, value: JSON.parse(text) as Result };
  } catch {
    return unreachable;
  }
}

const unreachable = {
  ok: false,
  refusal: {
    code: 'unreachable',
    message: 'the node does not answer: is it running, and is this machine still connected to it?',
  },
} as const;

function refusalOf(status: number, text: string): OperatorRefusal {
  try {
    const { error } = JSON.parse(text) as HttpRefusal;
    if (typeof error?.message === 'string') return error;
  } catch {
    // Not the node's own answer: a proxy's page, say. The number is all there is to tell.
  }
  return {
    code: status === 401 ? 'unauthorized' : 'internal',
    message: `the node answered with HTTP ${status}`,
  };
}
