/** Secrets at rest, on a real key file. */
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSecretBox, secretKeyFileName } from '../../src/apps/index.ts';
import { secretBoxContract } from '../contract/secret-box-contract.ts';
import { temporaryDirectory } from './fixture.ts';

secretBoxContract('AES-256-GCM with a key file', () => openSecretBox(temporaryDirectory()));

const place = { app: 'web', param: 'api-token' };

function sealed(directory: string, value = 'hunter2'): string {
  const verdict = openSecretBox(directory).seal(value, place);
  if (!verdict.ok) throw new Error(verdict.reason.message);
  return verdict.value;
}

describe('the key file', () => {
  // i[verify app.secrets-at-rest]
  it('is made when the first secret is sealed, for the node’s user only, and used again', () => {
    const directory = temporaryDirectory();
    const path = join(directory, secretKeyFileName);
    openSecretBox(directory);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    const text = sealed(directory);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readFileSync(path);
    expect(openSecretBox(directory).open(text, place)).toEqual({ ok: true, value: 'hunter2' });
    sealed(directory);
    expect(readFileSync(path)).toEqual(key);
  });

  // i[verify app.secrets-at-rest]
  it.each([0o640, 0o604, 0o620])('is refused with mode %o, for sealing and for opening', (mode) => {
    const directory = temporaryDirectory();
    const text = sealed(directory);
    chmodSync(join(directory, secretKeyFileName), mode);
    const refused = {
      ok: false,
      reason: { kind: 'key_exposed', message: expect.stringContaining(`chmod 600 ${directory}`) },
    };
    expect(openSecretBox(directory).open(text, place)).toEqual(refused);
    expect(openSecretBox(directory).seal('x', place)).toEqual(refused);
  });

  // i[verify app.secrets-at-rest]
  it('that is gone, another one or no key at all is told apart', () => {
    const directory = temporaryDirectory();
    const path = join(directory, secretKeyFileName);
    const text = sealed(directory);
    const kind = (): string => {
      const verdict = openSecretBox(directory).open(text, place);
      return verdict.ok ? 'opened' : verdict.reason.kind;
    };
    rmSync(path);
    expect(kind()).toBe('key_missing');
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    sealed(directory);
    expect(kind()).toBe('wrong_key');
    writeFileSync(path, 'short');
    expect(kind()).toBe('key_unusable');
  });

  it('that cannot be made is a refusal, not a crash', () => {
    const box = openSecretBox(join(temporaryDirectory(), 'missing'));
    expect(box.seal('x', place)).toMatchObject({ ok: false, reason: { kind: 'key_unusable' } });
  });
});
