/** Every command of the command line against a real operator interface. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import { type OperatorNode, startNode } from '../operator/fixture.ts';
import { type CtlOptions, type CtlRun, ctl } from './ctl.ts';

let node: OperatorNode;

beforeEach(async () => {
  node = await startNode();
});
afterEach(() => node.stop());

const other = createEphemeralIdentity().fingerprint;

function run(argv: readonly string[], options: CtlOptions = {}): Promise<CtlRun> {
  return ctl(['--data-dir', node.directory, ...argv], options);
}

/** Runs a command that must succeed; returns what it printed. */
async function text(...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv);
  expect({ argv, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ argv, exitCode: 0, stderr: '' });
  return stdout;
}

async function json(...argv: readonly string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await run(['--json', ...argv]);
  expect({ argv, exitCode, stderr }).toEqual({ argv, exitCode: 0, stderr: '' });
  expect(stdout.endsWith('\n') && !stdout.slice(0, -1).includes('\n')).toBe(true);
  return JSON.parse(stdout);
}

/** What the interface answers to the same question. */
async function result(method: string, params = {}): Promise<unknown> {
  const client = await node.connect();
  const answer = await client.request(method, params);
  return answer.ok ? answer.value : answer.reason;
}

async function lead(): Promise<void> {
  await result('/grove/init', { label: 'clinic-1' });
  await result('/grove/invite', { fingerprint: other, label: 'clinic-7' });
  await result('/grove/params/set', { name: 'greeting', kind: 'text', value: 'kia ora' });
}

describe('with --json', () => {
  // i[verify ctl.json] i[verify ctl.exit-codes]
  it('every reading command prints the node’s result and nothing else', async () => {
    await lead();
    expect(await json('ping')).toEqual({});
    expect(await json('status')).toMatchObject({
      hostname: 'clinic-1',
      grove: await result('/grove/status'),
    });
    expect(await json('fingerprint')).toEqual({ fingerprint: node.identity.fingerprint });
    expect(await json('keys', 'list')).toEqual(await result('/keys/list'));
    expect(await json('grove', 'status')).toEqual(await result('/grove/status'));
    expect(await json('grove', 'members')).toEqual(await result('/grove/members'));
    expect(await json('grove', 'peers')).toEqual([]);
    expect(await json('grove', 'params')).toEqual(await result('/grove/params'));
    expect(await json('grove', 'history', '--limit', '1', '--before', '3')).toEqual(
      await result('/grove/history', { limit: 1, before_seq: 3 }),
    );
    expect(await json('grove', 'payload', '--seq', '2')).toEqual(await result('/grove/payload', { seq: 2 }));
  });

  // i[verify ctl.json]
  it('every changing command prints the node’s result and nothing else', async () => {
    expect(await json('keys', 'authorise', other, 'Ana')).toEqual({});
    expect(await json('keys', 'revoke', other)).toEqual({});
    expect(await json('audit', '--limit', '1')).toEqual(await result('/server/audit', { limit: 1 }));
    expect(await text('audit')).toMatch(
      /^AT +BY +WHAT +SUMMARY *\n.*\/keys\/revoke +revoked Ana .*\n.*authorised Ana/,
    );
    expect(await json('grove', 'init', '--label', 'clinic-1')).toMatchObject({ seq: 1 });
    const invited = await json('grove', 'invite', other, 'clinic-7');
    expect(invited).toMatchObject({ seq: 2, members_count: 2, invite: expect.stringMatching(/^grove1:/) });
    expect(await json('grove', 'param', 'set', 'greeting', 'kia ora')).toEqual({ seq: 3 });
    expect(await json('grove', 'param', 'unset', 'greeting')).toEqual({ seq: 4 });
    expect(await json('grove', 'revoke', other, '--expect-seq', '4')).toEqual({ seq: 5, members_count: 1 });
    expect(await json('grove', 'leave', '--force')).toEqual({});
    const { invite } = invited as { invite: string };
    expect(await json('grove', 'join', invite, '--accept-rollback')).toMatchObject({ seq: 7 });
    expect(await json('grove', 'join', '192.0.2.7:7891', other, other)).toMatchObject({ leader_fp: other });
    expect(node.control.executed.map(({ command }) => command.type).slice(-2)).toEqual(['join', 'join']);
  });

  // i[verify ctl.json] i[verify ctl.exit-codes]
  it('a refusal is the error object on stderr, with exit code 1', async () => {
    const { exitCode, stdout, stderr } = await run(['grove', 'members', '--json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: await result('/grove/members') });
  });

  // i[verify ctl.json] i[verify ctl.exit-codes]
  it('wrong usage is an error object too, with exit code 2', async () => {
    for (const argv of [
      ['grove', 'invite', '--json'],
      ['--json', 'nonsense'],
      ['--json', 'grove'],
      ['ping', '--json', '--host', 'here'],
    ]) {
      const { exitCode, stdout, stderr } = await ctl(argv);
      expect({ argv, exitCode, stdout }).toEqual({ argv, exitCode: 2, stdout: '' });
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage' } });
    }
  });
});

describe('for a person', () => {
  it('commands answer in a few aligned lines', async () => {
    await lead();
    expect(await text('ping')).toBe('the node answers\n');
    expect(await text('fingerprint')).toBe(`${node.identity.fingerprint}\n`);
    expect(await text('grove', 'params')).toBe(
      'NAME      KIND  SINCE  VALUE\ngreeting  text  3      kia ora\n',
    );
    expect(await text('grove', 'param', 'set', 'greeting', 'hello')).toBe('set greeting, seq 4\n');
    expect(await text('grove', 'param', 'unset', 'greeting')).toBe('unset greeting, seq 5\n');
    expect(await text('grove', 'history', '--limit', '2')).toBe(
      'seq 5  2026-05-07T12:34:56Z\n  - greeting\nseq 4  2026-05-07T12:34:56Z\n  ~ greeting: kia ora → hello\n',
    );
    expect(await text('status')).toContain('node         clinic-1, seedling 0.1.0, up 1d 1h\n');
    expect(await text('grove', 'status')).toContain('holds   2 members, 0 params\n');
    expect(await text('grove', 'members')).toContain(`${other}  clinic-7\n`);
    expect(await text('grove', 'peers')).toContain('LABEL');
    expect(await text('grove', 'payload')).toContain('leader key');
    expect(await text('grove', 'revoke', other)).toBe(
      `revoked ${other.slice(0, 12)}: 1 member left, seq 6\n`,
    );
    expect(await text('keys', 'authorise', other, 'Ana')).toBe(`authorised Ana (${other.slice(0, 12)})\n`);
    expect(await text('keys', 'list')).toContain(`${other}  database  Ana\n`);
    expect(await text('keys', 'revoke', other)).toBe(`revoked ${other.slice(0, 12)}\n`);
    expect(await text('grove', 'leave', '--force')).toBe('left the grove\n');
  });

  it('an invite is shown as the command to run', async () => {
    await result('/grove/init', { label: 'clinic-1' });
    expect(await text('grove', 'invite', other, 'clinic-7')).toMatch(
      /^invited clinic-7 .*: 2 members, seq 2\non the new node run:\n {2}seedling-ctl grove join grove1:\S+\n$/,
    );
  });

  // i[verify ctl.loopback]
  it('init, invite and join warn when nobody else can reach the node', async () => {
    const message = 'this node listens on loopback only: start it with --listen ADDR:PORT';
    node.control.problems = [
      { code: 'no-links', message: 'no other member is linked' },
      { code: 'loopback-only', message },
    ];
    const started = await run(['grove', 'init']);
    expect(started.stdout).toContain('this node leads grove 0b0f6c1e-');
    expect(started.stderr).toBe(`warning: ${message}\n`);
    expect((await run(['grove', 'invite', other, 'clinic-7'])).stderr).toBe(`warning: ${message}\n`);
    await text('grove', 'leave', '--force');
    const joined = await run(['grove', 'join', '192.0.2.7:7891', other, other]);
    expect(joined.stderr).toBe(`warning: ${message}\n`);
    expect((await run(['--json', 'grove', 'init', '--label', 'clinic-1'])).stderr).toBe('');
    expect((await run(['grove', 'status'])).stderr).toContain('problem: no other member is linked\n');
  });

  // i[verify ctl.exit-codes]
  it('a refusal says what to do, on stderr', async () => {
    await lead();
    node.control.leaderElsewhere = other;
    const refused = await run(['grove', 'param', 'unset', 'greeting']);
    expect(refused).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error: not the leader: run this on clinic-7 (${other.slice(0, 8)}…)\n`,
    });
  });

  // i[verify ctl.printable]
  it('nothing from the network reaches the terminal raw', async () => {
    await lead();
    const evil = '\u001b[2J\u202egnp';
    node.control.linked = [{ ...peerNamed(`clinic${evil}`), last_error: `closed${evil}\nroot# ` }];
    node.control.emit(`grove.${evil}`, { note: evil, [evil]: 1 }, { kind: 'web', id: 'x', display: evil });
    const shown = `${await text('grove', 'peers')}${await text('events')}`;
    expect(shown).toContain('clinic\\u{1b}[2J\\u{202e}gnp');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that must not be there
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    const { stdout } = await run(['--json', 'grove', 'peers']);
    expect(stdout).not.toContain('\u202e');
    expect(JSON.parse(stdout)).toEqual(node.control.linked);
  });

  // i[verify ctl.colours]
  it('colours are for terminals, and not when NO_COLOR is set', async () => {
    await lead();
    expect((await run(['grove', 'params'], { terminal: true })).stdout).toContain('\u001b[');
    expect((await run(['grove', 'params'], { terminal: true, env: { NO_COLOR: '1' } })).stdout).not.toContain(
      '\u001b[',
    );
    expect((await run(['grove', 'params'])).stdout).not.toContain('\u001b[');
    expect((await run(['--json', 'grove', 'params'], { terminal: true })).stdout).not.toContain('\u001b[');
  });
});

describe('grove param set', () => {
  // i[verify ctl.param-input]
  it('reads standard input and files, without the line end of a single line', async () => {
    await lead();
    const file = join(node.directory, 'value');
    writeFileSync(file, 'one\ntwo\n');
    expect((await run(['grove', 'param', 'set', 'greeting', '-'], { stdin: 'tēnā koe\n' })).exitCode).toBe(0);
    await text('grove', 'param', 'set', 'banner', '--file', file);
    await text('grove', 'param', 'set', 'contact', 'a@example.org', '--kind', 'email');
    expect(await json('grove', 'params')).toMatchObject([
      { name: 'banner', kind: 'multiline', value: 'one\ntwo\n' },
      { name: 'contact', kind: 'email', value: 'a@example.org' },
      { name: 'greeting', kind: 'text', value: 'tēnā koe' },
    ]);
    await text('grove', 'param', 'set', 'contact', 'b@example.org');
    expect(node.control.executed.at(-1)?.command).toMatchObject({ change: { set: [{ kind: 'email' }] } });
  });

  // i[verify ctl.param-input]
  it.each([
    [['greeting']],
    [['greeting', 'x', '--file', '/dev/null']],
    [['greeting', '--file', '/nowhere/value']],
    // It never ends.
    [['greeting', '--file', '/dev/zero']],
    [['greeting', 'x', '--kind', 'number']],
    [['greeting', 'x', '--expect-seq', 'soon']],
  ])('refuses %j before anything is sent', async (argv) => {
    await lead();
    const { length } = node.control.executed;
    expect((await run(['grove', 'param', 'set', ...argv])).exitCode).toBe(2);
    expect(node.control.executed).toHaveLength(length);
  });
});

describe('grove apply', () => {
  function file(content: string): string {
    const path = join(node.directory, 'params.yaml');
    writeFileSync(path, content);
    return path;
  }

  // i[verify ctl.apply-once]
  it('shows the difference, publishes it once, and then finds nothing to do', async () => {
    await lead();
    await result('/grove/params/set', { name: 'old-name', kind: 'text', value: 'x' });
    const path = file(
      'set:\n  greeting: hello\n  banner: { kind: multiline, value: "one\\ntwo" }\nunset: [old-name, never-there]\n',
    );
    const difference = '~ greeting: kia ora → hello\n+ banner = one\\u{a}two\n- old-name (was x)\n';
    expect(await text('grove', 'apply', path, '--dry-run')).toBe(difference);
    expect(await json('grove', 'apply', path, '--dry-run')).toEqual({
      set: [
        { name: 'greeting', kind: 'text', value: 'hello' },
        { name: 'banner', kind: 'multiline', value: 'one\ntwo' },
      ],
      unset: ['old-name'],
    });
    expect(await json('grove', 'status')).toMatchObject({ current_seq: 4 });
    expect(await text('grove', 'apply', path)).toBe(`${difference}published 3 changes as seq 5\n`);
    const { length } = node.control.executed;
    expect(await text('grove', 'apply', path)).toBe('nothing differs: nothing published\n');
    expect(await json('grove', 'apply', path)).toEqual({ seq: 5 });
    expect(node.control.executed).toHaveLength(length);
  });

  // i[verify ctl.apply-once]
  it('reads JSON, and standard input', async () => {
    await lead();
    const stdin = '{"set":{"greeting":{"kind":"text","value":"hei"}},"unset":[]}';
    expect((await run(['grove', 'apply', '-'], { stdin })).stdout).toBe(
      '~ greeting: kia ora → hei\npublished 1 change as seq 4\n',
    );
  });

  // i[verify ctl.apply-file]
  it('names the line and field of every mistake and sends nothing', async () => {
    await lead();
    const path = file('set:\n  greeting: 7\n  x: y\nunset:\n  - greeting\nand: more\n');
    const { exitCode, stderr } = await run(['grove', 'apply', path]);
    expect(exitCode).toBe(2);
    expect(
      stderr
        .replace(/^error: /, '')
        .trimEnd()
        .split('\n'),
    ).toEqual([
      `${path}:2: set.greeting must be text: put it in quotes, "7"`,
      `${path}:3: set.x is no name: 3 to 63 letters, digits and hyphens, beginning with a letter and not ending with a hyphen`,
      `${path}:5: unset.greeting is named under set already`,
      `${path}:6: and no such field: a file has set and unset`,
    ]);
    expect(node.control.status()).toMatchObject({ current_seq: 3 });
  });
});

describe('events', () => {
  it('prints what is kept and ends', async () => {
    node.control.emit('grove.member-revoked', { fp: 'abc' }, { kind: 'ctl', id: 'x', display: 'Ana' });
    node.control.emit('grove.fork-detected', { seq: 4, hashes: ['a', 'b'] });
    expect(await text('events')).toBe(
      '2026-05-07T12:34:56Z  grove.member-revoked  fp=abc by Ana\n' +
        '2026-05-07T12:34:56Z  grove.fork-detected  seq=4 hashes=["a","b"]\n',
    );
    expect(await json('events', '--since', '00000001')).toMatchObject({ id: '00000002', seq: 4 });
  });

  it('follows until it is interrupted, which is a good end', async () => {
    const interrupt = new AbortController();
    const following = run(['--json', 'events', '--follow'], {
      signal: interrupt.signal,
      onStdout: (text) => text.split('\n').length > 2 && interrupt.abort(),
    });
    await expect.poll(() => node.control.subscribers).toBe(1);
    node.control.emit('grove.peer-connected', { fp: 'abc' });
    node.control.emit('grove.peer-disconnected', { fp: 'abc' });
    const { exitCode, stdout } = await following;
    expect(exitCode).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['grove.peer-connected', 'grove.peer-disconnected']);
  });

  // i[verify ctl.exit-codes]
  it('says so with exit code 3 when the node goes while it follows', async () => {
    const following = run(['events', '--follow']);
    await expect.poll(() => node.control.subscribers).toBe(1);
    await node.endpoint.close();
    expect(await following).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('ended') });
  });
});

describe('help', () => {
  const commands = [
    ['ping'],
    ['status'],
    ['fingerprint'],
    ['audit'],
    ['events'],
    ['keys', 'list'],
    ['keys', 'authorise'],
    ['keys', 'revoke'],
    ...[
      'init',
      'status',
      'members',
      'peers',
      'invite',
      'revoke',
      'join',
      'leave',
      'accept-jump',
      'history',
      'payload',
      'params',
      'apply',
    ].map((name) => ['grove', name]),
    ['grove', 'param', 'set'],
    ['grove', 'param', 'unset'],
  ];

  // i[verify ctl.help]
  it.each(commands.map((command) => [command.join(' '), command]))(
    'of %s has an example',
    async (name, command) => {
      const { exitCode, stdout } = await ctl([...command, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`Usage: seedling-ctl ${name}`);
      expect(stdout).toMatch(
        new RegExp(`Examples?:\\n(  .*\\n)*  .*seedling-ctl (--\\S+ (/\\S+ )?)*${name}`),
      );
    },
  );
});

function peerNamed(label: string) {
  return {
    fingerprint: other,
    label,
    connected: false,
    direction: null,
    seq: null,
    addresses: ['192.0.2.8:7891'],
    last_connected_at: null,
    last_seen_at: null,
    last_error: null,
  };
}
