/**
 * Signatures every implementation must judge alike: RFC 8032's own, and the ones on which libraries differ
 * (unreduced S, small-order and non-canonical points, parts of small order that only the cofactor hides).
 * They are computed here from the curve, so each says why it is what it is.
 */
import { etc, getPublicKey, hashes, Point, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

hashes.sha512 = sha512;

export interface SignatureCase {
  readonly title: string;
  /** Hex digits, except in the cases that are about malformed text. */
  readonly publicKey: string;
  readonly signature: string;
  readonly message: Uint8Array;
  readonly valid: boolean;
}

export interface KnownAnswer {
  readonly seed: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

/** RFC 8032, section 7.1, tests 1 to 3. */
export const rfc8032: readonly KnownAnswer[] = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

const { n: groupOrder, p: fieldPrime } = Point.CURVE();
const { bytesToHex, hexToBytes, concatBytes } = etc;
const message = new TextEncoder().encode('kia ora');
const secretScalar = 0x1234567890abcdef1234567890abcdef1234567890abcdefn;
const nonceScalar = 0xfedcba0987654321fedcba0987654321n;

/** A point of order eight. Its multiples are all the points whose order divides eight. */
export const torsionPoint = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');

export function littleEndian(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0')).reverse();
}

function challenge(r: Uint8Array, a: Uint8Array, text: Uint8Array): bigint {
  const digest = bytesToHex(sha512(concatBytes(r, a, text)).reverse());
  return BigInt(`0x${digest}`) % groupOrder;
}

/** A signature that satisfies the equation up to parts of small order: S = r + k·a. */
function equationFor(r: Uint8Array, a: Uint8Array, text: Uint8Array, rScalar: bigint): string {
  const s = (rScalar + challenge(r, a, text) * secretScalar) % groupOrder;
  return bytesToHex(concatBytes(r, littleEndian(s)));
}

export function signatureCases(): SignatureCase[] {
  return [...knownCases(), ...alteredCases(), ...scalarCases(), ...keyCases(), ...torsionCases()];
}

function knownCases(): SignatureCase[] {
  return rfc8032.map(({ publicKey, signature, message: text }, index) => ({
    title: `RFC 8032 test ${index + 1}`,
    publicKey,
    signature,
    message: hexToBytes(text),
    valid: true,
  }));
}

function genuine(): SignatureCase {
  const seed = hexToBytes('11'.repeat(32));
  return {
    title: 'a genuine signature',
    publicKey: bytesToHex(getPublicKey(seed)),
    signature: bytesToHex(sign(message, seed)),
    message,
    valid: true,
  };
}

function alteredCases(): SignatureCase[] {
  const good = genuine();
  const altered = (change: Partial<SignatureCase>): SignatureCase => ({ ...good, valid: false, ...change });
  const flipped = Array.from({ length: 64 }, (_, index) => {
    const bytes = hexToBytes(good.signature);
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return altered({ title: `byte ${index} of the signature altered`, signature: bytesToHex(bytes) });
  });
  return [
    good,
    ...flipped,
    altered({ title: 'another message', message: new TextEncoder().encode('kia orA') }),
    altered({ title: 'an empty message', message: new Uint8Array(0) }),
    altered({ title: 'a key of somebody else', publicKey: rfc8032[0]?.publicKey ?? '' }),
    altered({ title: 'an empty signature', signature: '' }),
    altered({ title: 'a signature one byte short', signature: good.signature.slice(2) }),
    altered({ title: 'a signature one byte long', signature: `${good.signature}00` }),
    altered({ title: 'a signature in capital digits', signature: good.signature.toUpperCase() }),
    altered({ title: 'a signature that is not hex', signature: 'zz'.repeat(64) }),
    altered({ title: 'a key one byte short', publicKey: good.publicKey.slice(2) }),
    altered({ title: 'a key one byte long', publicKey: `${good.publicKey}00` }),
    altered({ title: 'a key in capital digits', publicKey: good.publicKey.toUpperCase() }),
    altered({ title: 'an empty key', publicKey: '' }),
    altered({ title: 'zeros for a signature', signature: '00'.repeat(64) }),
    altered({ title: 'ones for a signature', signature: 'ff'.repeat(64) }),
  ];
}

/** S and S plus the group order satisfy the same equation; only the reduced one is a signature. */
function scalarCases(): SignatureCase[] {
  const good = genuine();
  const s = BigInt(`0x${bytesToHex(hexToBytes(good.signature.slice(64)).reverse())}`);
  return [1n, 2n, 7n].map((times) => ({
    ...good,
    title: `S increased by ${times} times the group order`,
    signature: good.signature.slice(0, 64) + bytesToHex(littleEndian(s + times * groupOrder)),
    valid: false,
  }));
}

/** Keys under which messages verify that nobody signed, and other spellings of keys. */
function keyCases(): SignatureCase[] {
  const cases: SignatureCase[] = [];
  for (let multiple = 0n; multiple < 8n; multiple += 1n) {
    const key = torsionPoint.multiply(multiple, false).toHex();
    // With k·A vanishing, R = S·B is all a forger needs.
    const r = Point.BASE.multiply(nonceScalar).toHex();
    const signature = r + bytesToHex(littleEndian(nonceScalar));
    cases.push({ title: `key of small order ${multiple}`, publicKey: key, signature, message, valid: false });
  }
  for (let excess = 0n; excess < 19n; excess += 1n) {
    for (const sign of [0n, 1n << 255n]) {
      const publicKey = bytesToHex(littleEndian(fieldPrime + excess + sign));
      const { signature } = genuine();
      cases.push({ title: `non-canonical key p+${excess}`, publicKey, signature, message, valid: false });
    }
  }
  const notOnCurve = `02${'00'.repeat(31)}`;
  cases.push({ ...genuine(), title: 'a key that is no point', publicKey: notOnCurve, valid: false });
  return cases;
}

function torsionCases(): SignatureCase[] {
  const key = Point.BASE.multiply(secretScalar);
  const r = Point.BASE.multiply(nonceScalar);
  const cases: SignatureCase[] = [
    {
      title: 'the equation as it should be',
      publicKey: key.toHex(),
      signature: equationFor(r.toBytes(), key.toBytes(), message, nonceScalar),
      message,
      valid: true,
    },
  ];
  for (let multiple = 1n; multiple < 8n; multiple += 1n) {
    const mixed = r.add(torsionPoint.multiply(multiple, false)).toBytes();
    cases.push({
      title: `R with a part of small order (${multiple}), hidden by the cofactor`,
      publicKey: key.toHex(),
      signature: equationFor(mixed, key.toBytes(), message, nonceScalar),
      message,
      valid: false,
    });
  }
  for (let multiple = 0n; multiple < 8n; multiple += 1n) {
    const small = torsionPoint.multiply(multiple, false).toBytes();
    const signature = equationFor(small, key.toBytes(), message, 0n);
    const title = `R of small order (${multiple})`;
    cases.push({ title, publicKey: key.toHex(), signature, message, valid: false });
  }
  return [...cases, ...mixedKeyCases()];
}

/** Under a key with a small-order part, the exact equation holds for every eighth message. */
function mixedKeyCases(): SignatureCase[] {
  const key = Point.BASE.multiply(secretScalar).add(torsionPoint).toBytes();
  const r = Point.BASE.multiply(nonceScalar).toBytes();
  return Array.from({ length: 16 }, (_, index) => {
    const text = new TextEncoder().encode(`message ${index}`);
    const vanishes = challenge(r, key, text) % 8n === 0n;
    return {
      title: `a key with a part of small order, ${vanishes ? 'which vanishes' : 'which stays'} (${index})`,
      publicKey: bytesToHex(key),
      signature: equationFor(r, key, text, nonceScalar),
      message: text,
      valid: vanishes,
    };
  });
}
