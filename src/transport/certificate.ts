/**
 * The X.509 envelope of a node's key. TLS under quiche knows no raw public keys, so each side shows a
 * self-signed certificate of which only the Ed25519 key counts: chain, names and dates are never looked at.
 * One fixed template is written and one field is read, which needs no certificate library.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { keyOfSpki } from '../protocol/index.ts';
import type { Verdict } from '../protocol/types.ts';

const sequence = 0x30;
const set = 0x31;
const integer = 0x02;
const bitString = 0x03;
const objectIdentifier = 0x06;
const utf8String = 0x0c;
const generalizedTime = 0x18;
const explicitVersion = 0xa0;

/** 1.3.101.112, Ed25519, and 2.5.4.3, a common name. */
const ed25519Identifier = Uint8Array.of(0x2b, 0x65, 0x70);
const commonNameIdentifier = Uint8Array.of(0x55, 0x04, 0x03);

/** The certificate of an Ed25519 key as PEM. The name only helps whoever looks at a packet capture. */
export function selfSignedCertificate(privateKey: KeyObject, name: string): string {
  const algorithm = element(sequence, element(objectIdentifier, ed25519Identifier));
  const commonName = element(
    sequence,
    element(objectIdentifier, commonNameIdentifier),
    element(utf8String, ascii(name)),
  );
  const distinguishedName = element(sequence, element(set, commonName));
  const toBeSigned = element(
    sequence,
    element(explicitVersion, element(integer, Uint8Array.of(2))),
    element(integer, Uint8Array.of(1)),
    algorithm,
    distinguishedName,
    element(
      sequence,
      element(generalizedTime, ascii('20000101000000Z')),
      element(generalizedTime, ascii('99991231235959Z')),
    ),
    distinguishedName,
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
  );
  const signature = element(bitString, Uint8Array.of(0), sign(null, toBeSigned, privateKey));
  const base64 = Buffer.from(element(sequence, toBeSigned, algorithm, signature)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

// t[impl identity.certificate-key]
/** The fingerprint of the key a peer's certificate carries, or why that key is refused. */
export function fingerprintOfCertificate(certificate: Uint8Array): Verdict<string, string> {
  const spki = subjectPublicKeyInfo(certificate);
  if (spki === null) return { ok: false, reason: 'the certificate is malformed' };
  const key = keyOfSpki(spki);
  if (!key.ok) return { ok: false, reason: refusals[key.reason] };
  return { ok: true, value: createHash('sha256').update(spki).digest('hex') };
}

const refusals = {
  malformed: 'the certificate carries no Ed25519 key',
  non_canonical: 'the certificate carries a non-canonical Ed25519 key',
  small_order: 'the certificate carries an Ed25519 key of small order',
} as const;

/** Walks Certificate → TBSCertificate → subjectPublicKeyInfo, the seventh field after the optional version. */
function subjectPublicKeyInfo(certificate: Uint8Array): Uint8Array | null {
  const outer = readElement(certificate, 0);
  const signed = outer === null ? null : readElement(certificate, outer.contentStart);
  if (signed === null) return null;
  let offset = signed.contentStart;
  if (certificate[offset] === explicitVersion)
    offset = readElement(certificate, offset)?.end ?? certificate.length;
  // Serial number, algorithm, issuer, validity, subject.
  for (let field = 0; field < 5; field += 1) {
    const skipped = readElement(certificate, offset);
    if (skipped === null || skipped.end > signed.end) return null;
    offset = skipped.end;
  }
  const spki = readElement(certificate, offset);
  if (spki === null || spki.end > signed.end || certificate[offset] !== sequence) return null;
  return certificate.subarray(offset, spki.end);
}

/** Where an element's content starts and where the element ends; null when it does not fit. */
function readElement(bytes: Uint8Array, offset: number): { contentStart: number; end: number } | null {
  const first = bytes[offset + 1];
  if (first === undefined) return null;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  // A certificate of the transport's handshake is far below 16 MiB; indefinite lengths are not DER.
  if (first === 0x80 || lengthBytes > 3) return null;
  let length = lengthBytes === 0 ? first : 0;
  for (let index = 0; index < lengthBytes; index += 1)
    length = length * 256 + (bytes[offset + 2 + index] ?? 0);
  const contentStart = offset + 2 + lengthBytes;
  const end = contentStart + length;
  return end <= bytes.length ? { contentStart, end } : null;
}

/** One DER element. Contents stay below 64 KiB. */
function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(header), content]);
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
