/**
 * Secret values at rest: AES-256-GCM with a key in `apps.key` of the data directory, made when the first secret is
 * sealed. A sealed text is `s1.KEY.NONCE.DATA` in base64url: the version, the beginning of the key's hash, so
 * that another key is told from damage, a random nonce, and ciphertext with tag.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileDurably } from '../files/index.ts';
import type { SecretBox, SecretFailure, SecretPlace } from '../ports/index.ts';
import type { Verdict } from '../protocol/types.ts';

export const secretKeyFileName = 'apps.key';

const version = 's1';
const cipherName = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const keyIdBytes = 6;
const sealedPattern = /^s1\.([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/;

type KeyVerdict = Verdict<Buffer | null, SecretFailure>;
type Refused = { readonly ok: false; readonly reason: SecretFailure };

// i[impl app.secrets-at-rest]
/** Nothing is read or made before it is needed. */
export function openSecretBox(dataDirectory: string): SecretBox {
  const path = join(dataDirectory, secretKeyFileName);
  return {
    seal(value, place) {
      const held = readKey(path);
      if (!held.ok) return held;
      const key = held.value ?? createKey(path);
      if (!Buffer.isBuffer(key)) return key;
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(boundTo(place));
      const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      const parts = [keyId(key), nonce, data].map((part) => part.toString('base64url'));
      return { ok: true, value: [version, ...parts].join('.') };
    },

    open(sealed, place) {
      const [, id = '', nonce = '', data = ''] = sealedPattern.exec(sealed) ?? [];
      if (data === '') {
        return refuse('unknown_format', 'the stored secret is not one this version of the program can read');
      }
      const held = readKey(path);
      if (!held.ok) return held;
      const key = held.value;
      if (key === null) {
        return refuse('key_missing', `${path} is gone, and secrets were sealed with it: ${howToRecover}`);
      }
      if (keyId(key).toString('base64url') !== id) {
        return refuse('wrong_key', `${path} is not the key this secret was sealed with: ${howToRecover}`);
      }
      return unseal(key, { nonce: fromText(nonce), data: fromText(data), place });
    },
  };
}

const howToRecover = 'restore it from a backup, or set the secret anew';

interface Sealed {
  readonly nonce: Buffer;
  readonly data: Buffer;
  readonly place: SecretPlace;
}

function unseal(key: Buffer, { nonce, data, place }: Sealed): Verdict<string, SecretFailure> {
  const cipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundTo(place));
  cipher.setAuthTag(data.subarray(-tagBytes));
  try {
    const value = Buffer.concat([cipher.update(data.subarray(0, -tagBytes)), cipher.final()]);
    return { ok: true, value: value.toString('utf8') };
  } catch {
    // The library's reason says no more than this.
    return refuse('damaged', `the secret stored for ${place.param} of ${place.app} was altered: set it anew`);
  }
}

/** Associated data: unambiguous, whatever the names hold. */
function boundTo({ app, param }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(['seedling app param', app, param]));
}

function keyId(key: Buffer): Buffer {
  return createHash('sha256').update('seedling app key').update(key).digest().subarray(0, keyIdBytes);
}

function fromText(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}

/** Null when there is none. Read each time: a key that was replaced or opened to others is noticed at once. */
function readKey(path: string): KeyVerdict {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { ok: true, value: null };
    return refuse('key_unusable', `${path} cannot be read (${codeOf(error)}): check its owner and mode`);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      return refuse('key_exposed', `${path} is open to other users (mode ${octal}): run chmod 600 ${path}`);
    }
    if (size !== keyBytes) {
      return refuse('key_unusable', `${path} is no key (${size} bytes): restore it from a backup`);
    }
    return { ok: true, value: readFileSync(descriptor) };
  } catch (error) {
    return refuse('key_unusable', `${path} cannot be read (${codeOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
}

function createKey(path: string): Buffer | Refused {
  const key = randomBytes(keyBytes);
  try {
    createFileDurably(path, key, 0o600);
    return key;
  } catch (error) {
    return refuse('key_unusable', `${path} cannot be made (${codeOf(error)}): check the data directory`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function refuse(kind: SecretFailure['kind'], message: string): Refused {
  return { ok: false, reason: { kind, message } };
}
