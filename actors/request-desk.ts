/** Who waits for the answer to which request. Everybody who asks is answered once, at the latest when the node stops. */
import type { RequestSettled } from '../machines/events.ts';
import type { Json, Refusal, Verdict } from '../src/protocol/types.ts';

export type SettledRequest = Verdict<{ readonly [key: string]: Json }, Refusal>;

export interface RequestDesk {
  /** `send` passes the request on; null when nobody takes it any more. */
  take(requestId: string, answer: (verdict: SettledRequest) => void, send: (() => void) | null): void;
  settle(settled: RequestSettled): void;
  /** Answers all that still wait. */
  close(): void;
}

export function createRequestDesk(): RequestDesk {
  const waiting = new Map<string, (verdict: SettledRequest) => void>();

  function settle({ requestId, verdict }: RequestSettled): void {
    const answer = waiting.get(requestId);
    waiting.delete(requestId);
    answer?.(verdict);
  }

  function refuse(requestId: string): void {
    settle({ type: 'request.settled', requestId, verdict: stoppedBefore });
  }

  return {
    take: (requestId, answer, send) => {
      waiting.set(requestId, answer);
      if (send === null) refuse(requestId);
      else send();
    },
    settle,
    close: () => {
      for (const requestId of [...waiting.keys()]) refuse(requestId);
    },
  };
}

const stoppedBefore: SettledRequest = {
  ok: false,
  reason: { code: 'operation_in_progress', message: 'the node stopped before this was done' },
};
