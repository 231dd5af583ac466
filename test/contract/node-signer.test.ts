/** The daemon's signer, on a key file as `openssl genpkey` writes it, against the signer contract. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeSigner, keyFileName, loadIdentityFile } from '../../src/transport/index.ts';
import { signerContract } from './signer-contract.ts';

/** Everything of an Ed25519 PKCS#8 file that stands before the seed. */
const pkcs8Prefix = '302e020100300506032b657004220420';

signerContract('node:crypto', (seed) => {
  const directory = mkdtempSync(join(tmpdir(), 'grove-signer-'));
  try {
    const path = join(directory, keyFileName);
    writeFileSync(path, Buffer.from(pkcs8Prefix + seed, 'hex'), { mode: 0o600 });
    return createNodeSigner(loadIdentityFile(path));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
