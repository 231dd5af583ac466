/** A fresh Ed25519 key with a self-signed certificate, as PEM: just what our own nodes present to each other. */
import { createEphemeralIdentity } from '../../dist/src/transport/identity.js';

export function createCredentials() {
  const { privateKey, certificate } = createEphemeralIdentity();
  return { cert: certificate, key: privateKey.export({ format: 'pem', type: 'pkcs8' }) };
}
