/**
 * A node's identity: an Ed25519 key in `oi.key` of its data directory, created at the first start, and the
 * certificate made from it in memory. The fingerprint is the SHA-256 of the key's SubjectPublicKeyInfo.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { createFileDurably, isCode, replaceFileDurably } from '../files/index.ts';
import { selfSignedCertificate } from './certificate.ts';

export interface Identity {
  /** Lowercase hex SHA-256 of the SubjectPublicKeyInfo DER. */
  readonly fingerprint: string;
  /** The raw public key, 64 lowercase hex digits. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
  /** PEM, for TLS. */
  readonly certificate: string;
}

export const keyFileName = 'oi.key';
export const fingerprintFileName = 'oi.fingerprint';

/** The key file cannot be used. The message says what the operator can do. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

/** PKCS#8 of an Ed25519 key is 48 bytes; anything much longer is some other file. */
const keyFileBytesMax = 4_096;
const spkiPrefixBytes = 12;

/** Reads the identity of a data directory, creating the key at the first start. Throws `IdentityError`. */
export function loadIdentity(dataDirectory: string): Identity {
  const path = join(dataDirectory, keyFileName);
  const existing = readKeyFile(path);
  const identity = identityOf(existing ?? createKeyFile(path));
  const fingerprintPath = join(dataDirectory, fingerprintFileName);
  const line = Buffer.from(`${identity.fingerprint}\n`);
  // A restart writes nothing, and so works on a full disk.
  if (!holds(fingerprintPath, line)) writeFingerprintFile(fingerprintPath, line);
  return identity;
}

// t[impl identity.file]
/** Reads or creates a key at a path of the caller's choice, without a fingerprint file. Throws `IdentityError`. */
export function loadIdentityFile(path: string): Identity {
  return identityOf(readKeyFile(path) ?? createKeyFile(path));
}

/** A key that lives only as long as the process, for a probe. */
export function createEphemeralIdentity(): Identity {
  return identityOf(generateKeyPairSync('ed25519').privateKey);
}

// t[impl identity.fingerprint]
function identityOf(privateKey: KeyObject): Identity {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const fingerprint = createHash('sha256').update(spki).digest('hex');
  return {
    fingerprint,
    publicKey: spki.subarray(spkiPrefixBytes).toString('hex'),
    privateKey,
    certificate: selfSignedCertificate(privateKey, 'grove node'),
  };
}

/** Null when there is no file. */
function readKeyFile(path: string): KeyObject | null {
  const stats = statOrNull(path);
  if (stats === null) return null;
  if (!stats.isFile()) throw new IdentityError(`${path} is no file but should be a key: move it away`);
  const { mode, size } = stats;
  // t[impl identity.permissions]
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    throw new IdentityError(`${path} is open to other users (mode ${octal}): run chmod 600 ${path}`);
  }
  if (size > keyFileBytesMax) throw new IdentityError(`${path} is not a PKCS#8 key (${size} bytes)`);
  const bytes = readOrRefuse(path);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new IdentityError(
      `${path} is not a PKCS#8 DER key: restore it from a backup, or move it away for a new identity`,
      {
        cause,
      },
    );
  }
  // t[impl identity.key-kind]
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new IdentityError(
      `${path} holds a key of type ${key.asymmetricKeyType ?? 'unknown'}: an Ed25519 key is needed`,
    );
  }
  return key;
}

/** Of two starts at once one makes the key, and the other takes that. */
function createKeyFile(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    createFileDurably(path, privateKey.export({ format: 'der', type: 'pkcs8' }), 0o600);
    return privateKey;
  } catch (cause) {
    const existing = isCode(cause, 'EEXIST') ? readKeyFile(path) : null;
    if (existing !== null) return existing;
    throw new IdentityError(`cannot create ${path}: check that the directory exists and is writable`, {
      cause,
    });
  }
}

/** A file that cannot be read does not. */
function holds(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

function writeFingerprintFile(path: string, line: Uint8Array): void {
  try {
    replaceFileDurably(path, line, 0o644);
  } catch (cause) {
    throw new IdentityError(`cannot write ${path}: check that the directory exists and is writable`, {
      cause,
    });
  }
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw unreadable(path, error);
  }
}

function readOrRefuse(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): IdentityError {
  return new IdentityError(`cannot read ${path}: check its owner and permissions`, { cause });
}
