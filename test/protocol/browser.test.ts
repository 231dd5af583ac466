/** The room must load in a browser: it is bundled for one here, and run without Node's globals. */
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

describe('the room of the rules', () => {
  it('bundles for a browser and works there, without a module of Node', async () => {
    const bundle = await build({
      stdin: {
        contents: `
          import { createPureSigner, digestPayload, encodeMessage, parseMessage, signPayload, verifyDigest } from './index.ts';
          const signer = createPureSigner('01'.repeat(32));
          const { signed, digest } = signPayload({ seq: 1 }, signer);
          const read = parseMessage(encodeMessage({ type: 'version', ...signed }));
          globalThis.outcome = [digest.hash, read.ok, verifyDigest(digestPayload(read.value.payload), signed.signature, signed.leader_key, signer)];
        `,
        resolveDir: new URL('../../src/protocol', import.meta.url).pathname,
        loader: 'ts',
      },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      metafile: true,
    });
    expect(bundle.warnings).toEqual([]);
    const inputs = Object.keys(bundle.metafile.inputs);
    expect(inputs.filter((input) => input.startsWith('node:') || input.includes('xstate'))).toEqual([]);
    const browser = { TextDecoder, TextEncoder, Uint8Array, outcome: null as unknown };
    runInNewContext(bundle.outputFiles[0]?.text ?? '', browser);
    // printf 'bes.grove/sig/v1\0{"seq":1}' | sha256sum
    const hash = 'f590820de7d2fa5ba8bad5ab9eace1ff6b5bd18844219c893528592b1dade5f3';
    expect(browser.outcome).toEqual([hash, true, true]);
  });
});
