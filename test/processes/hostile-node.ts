/** A real `seedlingd` as an attacker's target: its operator, its log, its memory, and whether it still does its work. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import {
  type ClosableOperatorClient,
  connectOperator,
  readLocalOperatorKey,
} from '../../src/operator/index.ts';
import type { Json } from '../../src/protocol/index.ts';
import { createEphemeralIdentity, type Identity } from '../../src/transport/index.ts';

const daemon = fileURLToPath(new URL('../../dist/src/daemon/seedlingd.js', import.meta.url));
const ctl = fileURLToPath(new URL('../../dist/src/cli/seedling-ctl.js', import.meta.url));

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface NodeProcess {
  readonly directory: string;
  readonly fingerprint: string;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly log: readonly LogLine[];
  /** What the node wrote, byte for byte. */
  logText(): string;
  /** The first line of the log, old or to come, that fits. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  connect(): Promise<ClosableOperatorClient>;
  /** One request over a connection of its own. A refusal is an error. */
  request(method: string, params?: { readonly [key: string]: Json }): Promise<Json>;
  residentBytes(): number;
  running(): boolean;
  stop(): Promise<void>;
}

export async function startNode(...options: readonly string[]): Promise<NodeProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'hostile-'));
  const child = spawn(
    process.execPath,
    [daemon, '--data-dir', directory, '--listen', '127.0.0.1:0', ...options],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } },
  );
  const log = collectLog(child);
  const { fingerprint, address } = await ready(child, log.text);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const connect = async (): Promise<ClosableOperatorClient> =>
    connectOperator({ address, fingerprint, identity: readLocalOperatorKey(directory) });
  return {
    directory,
    fingerprint,
    address,
    log: log.lines,
    logText: log.text,
    logged: log.logged,
    connect,
    request: async (method, params = {}) => {
      const client = await connect();
      try {
        const answer = await client.request(method, params);
        if (!answer.ok) throw new Error(`${method}: ${answer.reason.code}: ${answer.reason.message}`);
        return answer.value;
      } finally {
        await client.dispose();
      }
    },
    residentBytes: () => {
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      return Number(kilobytes) * 1024;
    },
    running: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function ready(
  child: ChildProcess,
  logText: () => string,
): Promise<{ readonly fingerprint: string; readonly address: string }> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`seedlingd ended with ${code}: ${logText()}`)));
    child.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString('utf8');
      const [, fingerprint, address] = /^ready fingerprint=(\S+) listen=(\S+)$/m.exec(text) ?? [];
      if (fingerprint !== undefined && address !== undefined) resolve({ fingerprint, address });
    });
  });
}

function collectLog(child: ChildProcess) {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  let text = '';
  let rest = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (piece: string) => {
    text += piece;
    const parts = (rest + piece).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = JSON.parse(part) as LogLine;
      lines.push(line);
      for (const look of [...waiting]) look(line);
    }
  });
  return {
    lines,
    text: () => text,
    logged: (fits: (line: LogLine) => boolean): Promise<LogLine> => {
      const known = lines.find(fits);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const look = (line: LogLine): void => {
          if (!fits(line)) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
      });
    },
  };
}

export interface HostileGrove {
  readonly leader: NodeProcess;
  /** An honest member. */
  readonly member: NodeProcess;
  /** Members whose keys the test holds. */
  readonly insiders: readonly Identity[];
  readonly groveId: string;
  /** Ends both nodes, and holds their logs to `expectCleanLog`. */
  stop(): Promise<void>;
}

/** A leader, an honest member that follows it, and as many invited keys as asked for. */
export async function startGrove(insidersCount: number): Promise<HostileGrove> {
  const [leader, member] = await Promise.all([startNode(), startNode()]);
  await leader.request('/grove/init', { label: 'leader' });
  const insiders = Array.from({ length: insidersCount }, createEphemeralIdentity);
  for (const [index, { fingerprint }] of insiders.entries()) {
    await leader.request('/grove/invite', { fingerprint, label: `insider ${index + 1}` });
  }
  const { fingerprint } = member;
  const { invite } = (await leader.request('/grove/invite', { fingerprint, label: 'member' })) as {
    invite: string;
  };
  const joined = (await member.request('/grove/join', { invite })) as { grove_id: string };
  return {
    leader,
    member,
    insiders,
    groveId: joined.grove_id,
    stop: async () => {
      try {
        expectCleanLog(leader);
        expectCleanLog(member);
      } finally {
        await Promise.all([leader.stop(), member.stop()]);
      }
    },
  };
}

export interface GroveStatus {
  readonly current_seq: number;
  readonly payload_hash: string;
  readonly connected_peers: number;
  readonly problems: readonly { readonly code: string }[];
}

export async function statusOf(node: NodeProcess): Promise<GroveStatus> {
  return (await node.request('/grove/status')) as unknown as GroveStatus;
}

let published = 0;

/** The proof of life: both nodes answer their operator, and what the leader publishes arrives at the member. */
export async function expectService({ leader, member }: HostileGrove): Promise<void> {
  await Promise.all([leader.request('/server/ping'), member.request('/server/ping')]);
  published += 1;
  const change = { name: 'greeting', kind: 'text', value: `kia ora ${published}` };
  const { seq } = (await leader.request('/grove/params/set', change)) as { seq: number };
  await member.logged(({ msg, seq: applied }) => msg === 'grove.payload-applied' && applied === seq);
}

/** How much the node grew while `attack` ran again and again, after a first time that warmed it up. */
export async function growth(node: NodeProcess, times: number, attack: () => Promise<void>): Promise<number> {
  await attack();
  const before = node.residentBytes();
  for (let time = 0; time < times; time += 1) await attack();
  return node.residentBytes() - before;
}

/** What attacks may leave behind until the next garbage collection: the garbage of one time, not of all of them. */
export const growthBytesMax = 64 * 1_048_576;

const invisible = /[\p{Cc}\p{Bidi_Control}\u200b-\u200f\u2028\u2029\ufeff\ud800-\udfff]/u;

// g[verify read.printable]
/** The node runs, found no mistake of its own, and nothing in its log can move a cursor or hide text. */
export function expectCleanLog(node: NodeProcess): void {
  expect(node.running()).toBe(true);
  expect(node.log.filter(({ level }) => level >= 50)).toEqual([]);
  expect(
    node
      .logText()
      .split('\n')
      .filter((line) => invisible.test(line)),
  ).toEqual([]);
  expect(node.log.flatMap(textsIn).filter((text) => invisible.test(text))).toEqual([]);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

export interface CtlResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real `seedling-ctl` on the node's data directory. */
export function runCtl(node: NodeProcess, ...argv: readonly string[]): Promise<CtlResult> {
  const child = spawn(process.execPath, [ctl, '--data-dir', node.directory, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString('utf8');
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('utf8');
  });
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr })));
}
