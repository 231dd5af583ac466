/** How the daemon is told what to do, and what it says when it cannot. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, type Place, within } from './support.ts';

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.clear());

const anyPort = '127.0.0.1:0';

function writeConfig(name: string, text: string): string {
  mkdirSync(place.directory('a'), { recursive: true, mode: 0o700 });
  const path = join(place.directory('a'), name);
  writeFileSync(path, text);
  return path;
}

/** Each line is ten times the one before. */
const aliases = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...['b', 'c', 'd'].map((name, index) => {
    const above = `*${['a', 'b', 'c'][index]}`;
    return `${name}: &${name} [${Array(10).fill(above).join(', ')}]`;
  }),
].join('\n');

describe('what the daemon is told', () => {
  // i[verify daemon.configuration]
  it('on the command line counts before the environment, and that before the file', async () => {
    writeConfig('seedling.yaml', `listen: ['${anyPort}', '${anyPort}', '${anyPort}']\nlog_level: silent\n`);
    const file = await place.start('a', { listen: [] });
    expect(file.listening).toHaveLength(3);
    await file.stop();
    expect(file.stderr).toEqual([]);

    const env = { SEEDLING_LISTEN: `${anyPort}, ${anyPort}`, SEEDLING_LOG_LEVEL: 'error' };
    const environment = await place.start('a', { listen: [], env });
    expect(environment.listening).toHaveLength(2);
    await environment.stop();

    const line = await place.start('a', { listen: [anyPort], env, argv: ['--log-level', 'info'] });
    expect(line.listening).toHaveLength(1);
    await line.stop();
    expect(line.log().map(({ msg }) => msg)).toContain('ready');
  });

  // i[verify daemon.configuration]
  it('is taken setting by setting from wherever it stands', async () => {
    writeConfig('seedling.yaml', 'advertise: [192.0.2.7:7891]\n');
    const daemon = await place.start('a', { env: { SEEDLING_LOG_LEVEL: 'info' } });
    await daemon.ask('grove', 'init', '--label', 'a');
    const { problems } = (await daemon.ask('grove', 'status')) as { problems: unknown[] };
    expect(problems).toEqual([]);
  });

  // i[verify daemon.configuration]
  it('may stand in another file, in JSON, and name the directory in the environment', async () => {
    const config = writeConfig('other.json', JSON.stringify({ listen: [anyPort, anyPort] }));
    const env = { SEEDLING_CONFIG: config, SEEDLING_LISTEN: '' };
    const daemon = await place.start('a', { listen: [], env });
    expect(daemon.listening).toHaveLength(2);
    expect(daemon.dataDir).toBe(place.directory('a'));

    const inUse = await place.run(['--listen', anyPort], { SEEDLING_DATA_DIR: daemon.dataDir });
    expect(inUse.stderr).toContain(daemon.dataDir);
  });

  // i[verify daemon.configuration]
  it.each([
    ['an unknown option', ['--lisen', anyPort], {}, "unknown option '--lisen'"],
    ['an argument', ['start'], {}, 'too many arguments'],
    [
      'an address without a port',
      ['--listen', '127.0.0.1'],
      {},
      'the command line: listen.0 must be IP:PORT',
    ],
    ['a name', ['--listen', 'localhost:7891'], {}, 'listen.0 must be IP:PORT'],
    ['an address nobody can dial', ['--advertise', '192.0.2.7:0'], {}, 'advertise.0 must be IP:PORT'],
    [
      'an address nobody has',
      ['--listen', '224.0.0.1:0'],
      {},
      'the command line: listen.0 is nobody’s address',
    ],
    [
      'an address that names none',
      ['--advertise', '0.0.0.0:7891'],
      {},
      'advertise.0 is no address that others',
    ],
    [
      'an address of one cable',
      ['--advertise', '[fe80::1]:7891'],
      {},
      'advertise.0 is no address that others',
    ],
    ['no directory', ['--data-dir', ''], {}, '--data-dir names no directory'],
    ['an unknown level', ['--log-level', 'loud'], {}, 'the command line: log_level'],
    ['a bad variable', [], { SEEDLING_LOG_LEVEL: 'loud' }, 'the environment: log_level'],
    ['half a truth', [], { SEEDLING_STRICT_TIMESTAMP_WINDOW: 'yes' }, 'strict_timestamp_window'],
    ['no number', [], { SEEDLING_ANNOUNCE_FIRST_BYTES: '8k' }, 'announce_first_bytes'],
    ['too large a number', ['--announce-first-bytes', '278529'], {}, 'announce_first_bytes'],
    ['a file that is not there', ['--config', '/nowhere/seedling.yaml'], {}, '/nowhere/seedling.yaml cannot'],
  ])('is refused with exit code 2 and a message when it holds %s', async (_what, argv, env, message) => {
    const refused = await place.run(['--data-dir', place.directory('a'), ...argv], env);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^seedlingd: /);
    expect(refused.stderr).toContain(message);
  });

  // i[verify daemon.configuration]
  it.each([
    ['an unknown setting', 'lisen: [127.0.0.1:0]', 'lisen'],
    ['a value of the wrong kind', 'listen: 127.0.0.1:0', 'listen must be a list of addresses'],
    ['an alias of nothing', 'listen: *nowhere', 'alias'],
    ['aliases of aliases', aliases, 'alias'],
    ['something else than YAML', 'listen: [', 'seedling.yaml'],
    ['too much', `# ${'x'.repeat(70_000)}`, '65536'],
  ])('is refused with exit code 2 when its file holds %s', async (_what, text, message) => {
    const path = writeConfig('seedling.yaml', text);
    const refused = await place.run(['--data-dir', place.directory('a'), '--listen', anyPort]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(path);
    expect(refused.stderr).toContain(message);
  });

  it('is explained on request', async () => {
    const help = await place.run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const name of [
      '--data-dir',
      '--listen',
      '--advertise',
      '--config',
      '--log-level',
      'SEEDLING_LISTEN',
    ]) {
      expect(help.stdout).toContain(name);
    }
    const version = await place.run(['--version']);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });
});

describe('a daemon that cannot start', () => {
  // i[verify daemon.refusals]
  it('because another one uses its directory names that one, which goes on', async () => {
    const first = await place.start('a');
    const second = await place.run(['--data-dir', first.dataDir, '--listen', anyPort]);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(`in use by process ${first.process.pid}`);
    expect(readFileSync(join(first.dataDir, 'oi.address'), 'utf8')).toBe(`${first.listening[0]}\n`);
    expect(await first.ask('ping')).toEqual({});
  });

  // i[verify daemon.refusals]
  it('because others may read its key says how to close it', async () => {
    const daemon = await place.start('a');
    await daemon.stop();
    const key = join(daemon.dataDir, 'oi.key');
    chmodSync(key, 0o640);
    const refused = await place.run(['--data-dir', daemon.dataDir, '--listen', anyPort]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`chmod 600 ${key}`);
    chmodSync(key, 0o600);
    expect((await place.start('a')).fingerprint).toBe(daemon.fingerprint);
  });

  // i[verify daemon.refusals]
  it('because its port is taken names the address, and leaves the directory free', async () => {
    const holder = await place.start('holder');
    const refused = await place.run(['--data-dir', place.directory('a'), '--listen', holder.listening[0]]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(holder.listening[0]);
    expect(refused.stderr).toContain('another program uses this port');
    await place.start('a');
  });

  // i[verify daemon.refusals]
  it('because a newer program wrote its database says so and changes nothing', async () => {
    const daemon = await place.start('a');
    await daemon.stop();
    const path = join(daemon.dataDir, 'grove.db');
    const database = new SqliteDatabase(path);
    const version = database.pragma('user_version', { simple: true });
    database.pragma('user_version = 9999');
    database.close();
    const refused = await place.run(['--data-dir', daemon.dataDir, '--listen', anyPort]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('newer');
    const again = new SqliteDatabase(path);
    expect(again.pragma('user_version', { simple: true })).toBe(9999);
    again.pragma(`user_version = ${version}`);
    again.close();
    await place.start('a');
  });

  // i[verify daemon.refusals]
  it.runIf(process.platform === 'linux')('because its directory cannot be made says which', async () => {
    const refused = await within(place.run(['--data-dir', '/proc/a/b', '--listen', anyPort]), 'its end');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('could not read or write /proc/a/b');
  });

  // i[verify daemon.refusals]
  it('because its directory is a file says which', async () => {
    writeFileSync(place.directory('file'), '');
    const refused = await place.run(['--data-dir', place.directory('file'), '--listen', anyPort]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`could not read or write ${place.directory('file')}`);
  });
});
