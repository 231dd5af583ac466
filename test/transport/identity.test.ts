import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOfCertificate } from '../../src/transport/certificate.ts';
import {
  createEphemeralIdentity,
  IdentityError,
  loadIdentity,
  loadIdentityFile,
} from '../../src/transport/index.ts';

/** The user that owns nothing. */
const nobody = 65_534;
let directory = '';
let keyFile = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'grove-identity-'));
  keyFile = join(directory, 'oi.key');
});

afterEach(() => rmSync(directory, { recursive: true }));

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof IdentityError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the key file', () => {
  // t[verify identity.file]
  it('is created at the first start, readable by its owner only, and is the identity from then on', () => {
    const first = loadIdentity(directory);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).sort()).toEqual(['oi.fingerprint', 'oi.key']);
    expect(loadIdentity(directory).fingerprint).toBe(first.fingerprint);
    expect(readFileSync(join(directory, 'oi.fingerprint'), 'utf8')).toBe(`${first.fingerprint}\n`);
  });

  // t[verify identity.file]
  it('has its fingerprint beside it, which is written when it is wrong and not touched otherwise', () => {
    const path = join(directory, 'oi.fingerprint');
    const { fingerprint } = loadIdentity(directory);
    const written = statSync(path);
    loadIdentity(directory);
    expect([statSync(path).ino, statSync(path).mtimeMs]).toEqual([written.ino, written.mtimeMs]);
    writeFileSync(path, 'something else');
    loadIdentity(directory);
    expect(readFileSync(path, 'utf8')).toBe(`${fingerprint}\n`);
  });

  // t[verify identity.file]
  it('is left alone when something else lies under its name', () => {
    writeFileSync(keyFile, 'not a key', { mode: 0o600 });
    expect(messageOf(() => loadIdentity(directory))).toContain('restore it from a backup');
    expect(readFileSync(keyFile, 'utf8')).toBe('not a key');
  });

  // t[verify identity.file]
  it('says what to check when the directory is missing', () => {
    expect(messageOf(() => loadIdentityFile(join(directory, 'missing', 'client.key')))).toContain(
      'cannot create',
    );
  });

  // t[verify identity.file]
  it('says what to do when a directory has its name', () => {
    mkdirSync(keyFile, { mode: 0o700 });
    expect(messageOf(() => loadIdentity(directory))).toBe(
      `${keyFile} is no file but should be a key: move it away`,
    );
  });

  // t[verify identity.file]
  it.runIf(process.getuid?.() === 0)('says what to check when it belongs to another user', () => {
    loadIdentity(directory);
    chmodSync(directory, 0o755);
    process.seteuid?.(nobody);
    try {
      expect(messageOf(() => loadIdentity(directory))).toBe(
        `cannot read ${keyFile}: check its owner and permissions`,
      );
    } finally {
      process.seteuid?.(0);
    }
  });

  // t[verify identity.permissions]
  it.each([0o640, 0o604, 0o660])('is refused when others may read it (mode %o)', (mode) => {
    loadIdentity(directory);
    chmodSync(keyFile, mode);
    expect(messageOf(() => loadIdentity(directory))).toContain(`chmod 600 ${keyFile}`);
  });

  // t[verify identity.key-kind]
  it('is refused when it holds a key of another kind', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(keyFile, privateKey.export({ format: 'der', type: 'pkcs8' }), { mode: 0o600 });
    expect(messageOf(() => loadIdentity(directory))).toContain('an Ed25519 key is needed');
  });
});

describe('the fingerprint', () => {
  // t[verify identity.fingerprint]
  it('is the SHA-256 of 44 bytes of SubjectPublicKeyInfo', () => {
    const identity = loadIdentity(directory);
    const spki = createPublicKey(identity.privateKey).export({ format: 'der', type: 'spki' });
    expect(spki).toHaveLength(44);
    expect(spki.subarray(12).toString('hex')).toBe(identity.publicKey);
    expect(identity.fingerprint).toBe(createHash('sha256').update(spki).digest('hex'));
  });

  // t[verify identity.fingerprint]
  it('is what the documented openssl command prints', () => {
    const identity = loadIdentity(directory);
    const command = `openssl pkey -inform DER -in '${keyFile}' -pubout -outform DER | sha256sum`;
    const printed = execFileSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(printed.split(' ')[0]).toBe(identity.fingerprint);
  });
});

describe('the certificate', () => {
  // t[verify identity.certificate-key]
  it('carries the key, is signed by it, and is read back to the same fingerprint', () => {
    const identity = createEphemeralIdentity();
    const certificate = new X509Certificate(identity.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyType).toBe('ed25519');
    expect(fingerprintOfCertificate(certificate.raw)).toEqual({ ok: true, value: identity.fingerprint });
  });

  // t[verify identity.certificate-key]
  it('is refused with a key of small order, a non-canonical key, or a key of another kind', () => {
    const identity = createEphemeralIdentity();
    const withKey = (key: string) => {
      const hex = new X509Certificate(identity.certificate).raw.toString('hex');
      return fingerprintOfCertificate(Buffer.from(hex.replace(identity.publicKey, key), 'hex'));
    };
    expect(withKey(identity.publicKey).ok).toBe(true);
    expect(withKey(`01${'00'.repeat(31)}`)).toEqual({
      ok: false,
      reason: expect.stringContaining('small order'),
    });
    expect(withKey('f0'.padEnd(62, 'f').concat('7f'))).toEqual({
      ok: false,
      reason: expect.stringContaining('non-canonical'),
    });
    const otherKind = new X509Certificate(identity.certificate).raw;
    otherKind[otherKind.indexOf(Buffer.from('2b6570032100', 'hex')) + 2] = 0x6e;
    expect(fingerprintOfCertificate(otherKind)).toEqual({
      ok: false,
      reason: expect.stringContaining('no Ed25519'),
    });
  });

  // t[verify identity.certificate-key]
  it('is refused, and nothing throws, when it is damaged', () => {
    const { raw } = new X509Certificate(createEphemeralIdentity().certificate);
    fc.assert(
      fc.property(
        fc.nat(raw.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(raw.length),
        (at, value, length) => {
          const damaged = Buffer.from(raw.subarray(0, length));
          if (at < damaged.length) damaged[at] = value;
          const verdict = fingerprintOfCertificate(damaged);
          return verdict.ok ? verdict.value.length === 64 : verdict.reason.length > 0;
        },
      ),
    );
    expect(fingerprintOfCertificate(raw.subarray(0, 60))).toEqual({ ok: false, reason: expect.any(String) });
  });
});
