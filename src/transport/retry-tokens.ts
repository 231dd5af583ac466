/**
 * Tokens of the stateless retry: a client that sends one back can receive at the address it claims. A token
 * holds the connection id the client chose first and when it ends, under a MAC over both, the client's address
 * and port, and the id we answered with. Nothing is remembered; a restart makes old tokens void.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const macBytes = 32;
const deadlineBytes = 6;

export interface RetryTokens {
  mint(source: TokenSource, originalId: Uint8Array): Uint8Array;
  /** The id the client chose first, or null when the token is not ours, not this client's, or too old. */
  verify(source: TokenSource, token: Uint8Array): Uint8Array | null;
}

export interface TokenSource {
  readonly host: string;
  readonly port: number;
  /** The connection id our retry told the client to use. */
  readonly retryId: Uint8Array;
}

// t[impl limits.retry-token]
export function createRetryTokens(options: { readonly lifeMs: number; monotonicMs(): number }): RetryTokens {
  const secret = randomBytes(32);
  const macOf = (source: TokenSource, body: Uint8Array): Buffer =>
    createHmac('sha256', secret)
      .update(`${source.host} ${source.port} `)
      .update(Uint8Array.of(source.retryId.length))
      .update(source.retryId)
      .update(body)
      .digest();
  return {
    mint: (source, originalId) => {
      const body = Buffer.alloc(deadlineBytes + originalId.length);
      body.writeUIntBE(Math.ceil(options.monotonicMs() + options.lifeMs), 0, deadlineBytes);
      body.set(originalId, deadlineBytes);
      return Buffer.concat([macOf(source, body), body]);
    },
    verify: (source, token) => {
      if (token.length <= macBytes + deadlineBytes) return null;
      const body = Buffer.from(token.subarray(macBytes));
      if (!timingSafeEqual(token.subarray(0, macBytes), macOf(source, body))) return null;
      if (body.readUIntBE(0, deadlineBytes) < options.monotonicMs()) return null;
      return body.subarray(deadlineBytes);
    },
  };
}
