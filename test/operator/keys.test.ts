/** Who may operate a node, and how that changes while it runs. */
import { appendFileSync, chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/operator/index.ts';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import { type NodeOptions, type OperatorNode, startNode } from './fixture.ts';

const started: OperatorNode[] = [];

async function node(options: NodeOptions = {}): Promise<OperatorNode> {
  const fresh = await startNode(options);
  started.push(fresh);
  return fresh;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

const ana = createEphemeralIdentity();
const ben = createEphemeralIdentity();

/** Why a key cannot ping, or null when it can. */
async function refusal(server: OperatorNode, identity = ana): Promise<unknown> {
  try {
    const client = await server.connect(identity);
    const answer = await client.request('/server/ping');
    return answer.ok ? null : answer.reason.code;
  } catch (error) {
    return error instanceof OperatorError ? error.failure : error;
  }
}

describe('an operator key', () => {
  // i[verify trust.keys]
  it('that is not authorised is closed as unauthorised, the node’s own key included', async () => {
    const server = await node();
    expect(await refusal(server)).toBe('unauthorized');
    expect(await refusal(server, server.identity)).toBe('unauthorized');
    expect(server.server.requestsInFlight()).toBe(0);
  });

  // i[verify keys.authorise] i[verify keys.list] i[verify keys.audit]
  it('can be authorised over the interface, works at once and is listed', async () => {
    const server = await node({ authorizedKeys: `${ben.fingerprint} Ben\n` });
    const local = await server.connect();
    const wanted = { fingerprint: ana.fingerprint, label: 'Ana' };
    expect(await local.request('/keys/authorise', wanted)).toEqual({ ok: true, value: {} });
    expect(await refusal(server)).toBe(null);
    expect(server.store.list()).toEqual([wanted]);
    const expected = [
      { fingerprint: ana.fingerprint, label: 'Ana', source: 'database' },
      { fingerprint: ben.fingerprint, label: 'Ben', source: 'file' },
      {
        fingerprint: server.keys.list().find(({ source }) => source === 'local')?.fingerprint,
        label: 'local',
        source: 'local',
      },
    ].sort((one, other) => (String(one.fingerprint) < String(other.fingerprint) ? -1 : 1));
    expect(await local.request('/keys/list')).toEqual({ ok: true, value: expected });
    expect(await local.request('/keys/authorise', wanted)).toMatchObject({
      ok: false,
      reason: { code: 'already_installed' },
    });
    expect(server.control.recorded.map(({ method, actor }) => [method, actor.display])).toEqual([
      ['/keys/authorise', 'local'],
    ]);
  });

  // i[verify keys.revoke] i[verify keys.audit]
  it('that is revoked loses its connection at once and cannot come back', async () => {
    const server = await node();
    server.keys.authorise({ fingerprint: ana.fingerprint, label: 'Ana' });
    const hers = await server.connect(ana);
    expect(await hers.request('/server/ping')).toEqual({ ok: true, value: {} });
    const local = await server.connect();
    expect(await local.request('/keys/revoke', { fingerprint: ana.fingerprint })).toEqual({
      ok: true,
      value: {},
    });
    expect((await hers.closed).failure).toBe('unauthorized');
    expect(await refusal(server)).toBe('unauthorized');
    expect(await local.request('/server/ping')).toEqual({ ok: true, value: {} });
    expect(await local.request('/keys/revoke', { fingerprint: ana.fingerprint })).toMatchObject({
      ok: false,
      reason: { code: 'not_found' },
    });
    expect(server.control.recorded.map(({ method }) => method)).toEqual(['/keys/revoke']);
  });

  // i[verify keys.revoke]
  it('can revoke itself and still gets its answer', async () => {
    const server = await node();
    server.keys.authorise({ fingerprint: ana.fingerprint, label: 'Ana' });
    const hers = await server.connect(ana);
    expect(await hers.request('/keys/revoke', { fingerprint: ana.fingerprint })).toEqual({
      ok: true,
      value: {},
    });
    expect((await hers.closed).failure).toBe('unauthorized');
  });

  // i[verify keys.revoke]
  it('of the file is taken out of the file too, and nothing else of it changes', async () => {
    const text = `# operators\n${ben.fingerprint} Ben\n${ana.fingerprint} Ana\n# end\n`;
    const server = await node({ authorizedKeys: text });
    const local = await server.connect();
    expect(await local.request('/keys/revoke', { fingerprint: ana.fingerprint })).toEqual({
      ok: true,
      value: {},
    });
    const path = join(server.directory, 'authorized_keys');
    expect(readFileSync(path, 'utf8')).toBe(`# operators\n${ben.fingerprint} Ben\n# end\n`);
    server.keys.reload();
    expect(await refusal(server)).toBe('unauthorized');
    expect(await refusal(server, ben)).toBe(null);
  });

  // i[verify local.key]
  it('of the machine itself is private, authorised without an entry, and cannot be revoked', async () => {
    const server = await node();
    expect(statSync(join(server.directory, 'local.key')).mode & 0o777).toBe(0o600);
    const local = await server.connect();
    const fingerprint = server.keys.list()[0]?.fingerprint ?? '';
    expect(await local.request('/keys/revoke', { fingerprint })).toMatchObject({
      ok: false,
      reason: { code: 'requirements_invalid' },
    });
    expect(await local.request('/server/ping')).toEqual({ ok: true, value: {} });
  });
});

describe('authorized_keys', () => {
  // i[verify keys.file]
  it('is read at the start, after an edit, and after being replaced by renaming', async () => {
    const server = await node({ authorizedKeys: `${ana.fingerprint} Ana\n` });
    const path = join(server.directory, 'authorized_keys');
    expect(await refusal(server)).toBe(null);
    const changed = nextChange(server);
    appendFileSync(path, `${ben.fingerprint} Ben\n`);
    await changed;
    expect(await refusal(server, ben)).toBe(null);

    const hers = await server.connect(ana);
    await hers.request('/server/ping');
    writeFileSync(`${path}.swp`, `${ben.fingerprint} Ben\n`);
    renameSync(`${path}.swp`, path);
    expect((await hers.closed).failure).toBe('unauthorized');
    expect(await refusal(server)).toBe('unauthorized');
    expect(await refusal(server, ben)).toBe(null);
  });

  // i[verify keys.bad-line]
  it('is read around its bad lines, which are reported by number', async () => {
    const server = await node({
      authorizedKeys: `# ok\n${ana.fingerprint} Ana\nssh-ed25519 AAAA ben@host\n${ben.fingerprint.toUpperCase()} Ben\n${ben.fingerprint} \u202eneB\n`,
    });
    const path = join(server.directory, 'authorized_keys');
    expect(await refusal(server)).toBe(null);
    expect(server.reports).toEqual([
      `${path} line 3: a line is a fingerprint (64 lowercase hex digits), a space and a label`,
      `${path} line 4: a line is a fingerprint (64 lowercase hex digits), a space and a label`,
      `${path} line 5: the label has a control, zero-width or direction-changing character`,
    ]);
  });

  // i[verify keys.unreadable]
  it('that everybody may write to is not believed: the keys stay as they were', async () => {
    const server = await node({ authorizedKeys: `${ana.fingerprint} Ana\n` });
    const path = join(server.directory, 'authorized_keys');
    writeFileSync(path, `${ben.fingerprint} Ben\n`);
    chmodSync(path, 0o666);
    server.keys.reload();
    expect(server.reports.at(-1)).toContain('can be written by everybody');
    expect(await refusal(server)).toBe(null);
    expect(await refusal(server, ben)).toBe('unauthorized');
  });
});

function nextChange(server: OperatorNode): Promise<void> {
  return new Promise((resolve) => server.keys.onFileChange(resolve));
}
