/** How the server answers: the headers every answer has, JSON, and refusals. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRefusal, OperatorRefusal } from './contract.ts';

// w[impl access.headers]
const securityHeaders: { readonly [name: string]: string } = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  answerText(response, status, `${JSON.stringify(value)}\n`, 'application/json; charset=utf-8');
}

export function answerText(response: ServerResponse, status: number, text: string, type: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

export function refuseRequest(
  response: ServerResponse,
  status: number,
  message: string,
  code = codeOf(status),
): void {
  const error: OperatorRefusal = { code, message };
  answerJson(response, status, { error } satisfies HttpRefusal);
}

function codeOf(status: number): string {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 503) return 'server_busy';
  return status >= 500 ? 'internal' : 'invalid_request';
}

/** Null when there are more bytes than allowed, or the sender went away. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      resolve(null);
      return;
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else resolve(null);
    });
    request.on('end', () => resolve(bytes > bytesMax ? null : Buffer.concat(chunks)));
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
  });
}
