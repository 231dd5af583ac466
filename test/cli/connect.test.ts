/** Finding a node, and being sure that it is that node. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultDataDirectory, loadUserKey } from '../../src/operator/index.ts';
import { createEndpoint, createEphemeralIdentity } from '../../src/transport/index.ts';
import { type OperatorNode, startNode } from '../operator/fixture.ts';
import { type CtlOptions, type CtlRun, ctl, temporaryDirectory } from './ctl.ts';

let node: OperatorNode;
let user: ReturnType<typeof temporaryDirectory>;
let env: { [name: string]: string };

beforeEach(async () => {
  node = await startNode();
  user = temporaryDirectory();
  env = { XDG_STATE_HOME: user.path };
});
afterEach(async () => {
  user.remove();
  await node.stop();
});

const knownHosts = (): string => join(user.path, 'seedling', 'known_hosts');

function ping(options: readonly string[] = [], more: CtlOptions = {}): Promise<CtlRun> {
  return ctl(['--host', node.address, ...options, 'ping'], { env, ...more });
}

// i[verify ctl.exit-codes]
it('a key of the user’s own that has no place names the variable that gives it one', async () => {
  const file = join(user.path, 'file');
  writeFileSync(file, '');
  const { exitCode, stderr } = await ping(['--accept-new'], { env: { XDG_STATE_HOME: file } });
  expect(exitCode).toBe(3);
  expect(stderr).toContain('set XDG_STATE_HOME to a directory of yours');
});

// i[verify ctl.exit-codes]
it('a key or a list of known hosts that cannot be used says which file, and what to do', async () => {
  authoriseUser();
  const failure = async (path: string): Promise<string> => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { exitCode, stderr } = await ping(['--accept-new']);
    rmSync(path, { recursive: true });
    expect([exitCode, stderr.slice(0, stderr.indexOf(path))]).toEqual([3, 'error: ']);
    return stderr;
  };
  expect(await failure(knownHosts())).toContain('set XDG_STATE_HOME to a directory of yours');
  // In the way of the new file that takes the place of the old one.
  mkdirSync(`${knownHosts()}.${process.pid}.new`);
  const { exitCode, stderr } = await ping(['--accept-new']);
  expect([exitCode, stderr]).toEqual([
    3,
    expect.stringContaining(`error: ${knownHosts()} cannot be written`),
  ]);
  expect(stderr).toContain('set XDG_STATE_HOME to a directory of yours');
  // The connection it had was closed: nothing keeps the process.
  await expect.poll(() => node.endpoint.stats().connections).toBe(0);
  rmdirSync(`${knownHosts()}.${process.pid}.new`);
  const key = join(user.path, 'seedling', 'client.key');
  rmSync(key);
  expect(await failure(key)).toContain('move it away');
});

function authoriseUser(): void {
  node.keys.authorise({ fingerprint: loadUserKey(env).fingerprint, label: 'Ana' });
}

describe('a node on this machine', () => {
  it('is not looked for in a directory without a name', async () => {
    expect(await ctl(['--data-dir', '', 'ping'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--data-dir names no directory'),
    });
  });

  // i[verify local.access]
  it('needs nothing but its data directory, also when it listens on a wildcard address', async () => {
    const argv = ['--data-dir', node.directory, 'ping'];
    expect((await ctl(argv)).exitCode).toBe(0);
    const port = node.address.split(':').at(-1);
    writeFileSync(join(node.directory, 'oi.address'), `0.0.0.0:${port}\n`);
    expect((await ctl(argv)).exitCode).toBe(0);
    expect((await ctl(['ping'], { env: { SEEDLING_DATA_DIR: node.directory } })).exitCode).toBe(0);
    expect(existsSync(knownHosts())).toBe(false);
  });

  // i[verify local.access] i[verify ctl.exit-codes]
  it('that never ran, that stopped, or whose key is missing each has its own message and exit code 3', async () => {
    const failure = async (directory: string): Promise<string> => {
      const { exitCode, stderr } = await ctl(['--data-dir', directory, 'ping']);
      expect(exitCode).toBe(3);
      return stderr;
    };
    expect(await failure(user.path)).toContain('start one with seedlingd --data-dir');
    const key = join(node.directory, 'local.key');
    const bytes = readFileSync(key);
    chmodSync(key, 0o644);
    expect(await failure(node.directory)).toContain('chmod 600');
    unlinkSync(key);
    expect(await failure(node.directory)).toContain('local.key');
    writeFileSync(key, bytes, { mode: 0o600 });
    // A port that was ours a moment ago and is nobody's now.
    const gone = await createEndpoint({ identity: createEphemeralIdentity(), listen: ['127.0.0.1:0'] });
    writeFileSync(join(node.directory, 'oi.address'), `${gone.listening[0]}\n`);
    await gone.close();
    expect(await failure(node.directory)).toContain('is seedlingd running?');
  });

  // i[verify local.access]
  it('that is another one than its files say gets no request', async () => {
    const other = await startNode();
    writeFileSync(join(node.directory, 'oi.address'), `${other.address}\n`);
    const run = await ctl(['--data-dir', node.directory, '--json', 'ping']);
    expect(run.exitCode).toBe(3);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'wrong_fingerprint' } });
    expect(other.endpoint.stats().connections).toBe(0);
    await other.stop();
  });

  // i[verify local.directory]
  it('is looked for where the daemon keeps its data by default', () => {
    expect(defaultDataDirectory({ SEEDLING_DATA_DIR: '/srv/x', XDG_STATE_HOME: '/s' }, 0)).toBe('/srv/x');
    expect(defaultDataDirectory({ XDG_STATE_HOME: '/s' }, 0)).toBe('/var/lib/seedling');
    expect(defaultDataDirectory({ XDG_STATE_HOME: '/s', HOME: '/h' }, 1000)).toBe('/s/seedling/node');
    expect(defaultDataDirectory({ HOME: '/h' }, 1000)).toBe('/h/.local/state/seedling/node');
    expect(defaultDataDirectory({ HOME: '' }, 1000)).toBe(
      join(userInfo().homedir, '.local/state/seedling/node'),
    );
  });
});

describe('a node elsewhere', () => {
  // i[verify hosts.ask] i[verify hosts.probe]
  it('that was not met before is shown and not talked to without a person’s word', async () => {
    authoriseUser();
    const trusted: string[] = [];
    const find = node.keys.find.bind(node.keys);
    node.keys.find = (fingerprint) => {
      trusted.push(fingerprint);
      return find(fingerprint);
    };
    const { exitCode, stderr } = await ping();
    expect(exitCode).toBe(3);
    expect(stderr).toContain(node.identity.fingerprint);
    expect(stderr).toContain('--fingerprint');
    expect(existsSync(knownHosts())).toBe(false);
    // The node saw a key, and it was not the user's.
    await expect.poll(() => trusted.length).toBe(1);
    expect(trusted).not.toContain(loadUserKey(env).fingerprint);
  });

  // i[verify hosts.ask] i[verify hosts.remember]
  it('is asked about on a terminal once, and remembered after a yes', async () => {
    authoriseUser();
    const refused = await ping([], { terminal: true, stdin: 'n\n' });
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('[y/N]') });
    expect(existsSync(knownHosts())).toBe(false);
    expect((await ping([], { terminal: true, stdin: 'yes\n' })).exitCode).toBe(0);
    expect(readFileSync(knownHosts(), 'utf8')).toBe(`${node.address} ${node.identity.fingerprint}\n`);
    expect(await ping()).toMatchObject({ exitCode: 0, stderr: '' });
  });

  // i[verify hosts.ask] i[verify hosts.remember]
  it.each(['--fingerprint', '--accept-new'])('is met by a script with %s', async (option) => {
    authoriseUser();
    const given = option === '--fingerprint' ? [option, node.identity.fingerprint] : [option];
    expect((await ping(given)).exitCode).toBe(0);
    expect((await ping()).exitCode).toBe(0);
  });

  // i[verify hosts.remember]
  it('that turns out to be another than --fingerprint says is not remembered', async () => {
    authoriseUser();
    const run = await ping(['--json', '--fingerprint', 'a'.repeat(64)]);
    expect(run.exitCode).toBe(3);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'wrong_fingerprint' } });
    expect(existsSync(knownHosts())).toBe(false);
  });

  // i[verify hosts.mismatch]
  it('with another fingerprint than before gets nothing but a warning, until the new one is given', async () => {
    authoriseUser();
    await ping(['--accept-new']);
    writeFileSync(knownHosts(), `${node.address} ${'a'.repeat(64)}\n`);
    const run = await ping(['--accept-new']);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('IS NOT THE ONE THAT WAS THERE BEFORE');
    expect(run.stderr).toContain('a'.repeat(64));
    expect((await ping(['--fingerprint', node.identity.fingerprint])).exitCode).toBe(0);
    expect((await ping()).exitCode).toBe(0);
  });

  // i[verify hosts.file]
  it('is remembered beside whatever else the file holds', async () => {
    authoriseUser();
    await ping(['--fingerprint', node.identity.fingerprint]);
    const text = `# mine\n192.0.2.7:7891 ${'b'.repeat(64)}\nnonsense\n`;
    writeFileSync(knownHosts(), text);
    await ping(['--accept-new']);
    expect(readFileSync(knownHosts(), 'utf8')).toBe(`${text}${node.address} ${node.identity.fingerprint}\n`);
  });

  // i[verify ctl.exit-codes]
  it('that does not know the user’s key says how to authorise it', async () => {
    const { exitCode, stderr } = await ping(['--accept-new']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`seedling-ctl keys authorise ${loadUserKey(env).fingerprint}`);
    const own = await ctl(['fingerprint', '--own'], { env });
    expect(own.stdout).toBe(`${loadUserKey(env).fingerprint}\n`);
    expect(statSync(join(user.path, 'seedling', 'client.key')).mode & 0o777).toBe(0o600);
  });

  // i[verify ctl.exit-codes]
  it.each([
    ['an address with a name in it', ['--host', 'clinic-7:7891']],
    ['a data directory as well', ['--host', '192.0.2.7:7891', '--data-dir', '/x']],
    ['half a fingerprint', ['--host', '192.0.2.7:7891', '--fingerprint', 'abc']],
    ['no address', ['--accept-new']],
  ])('is wrong usage with %s', async (_name, options) => {
    expect((await ctl([...options, 'ping'], { env })).exitCode).toBe(2);
  });
});
