/** Apps on real nodes: commands that note what they were told, and what to wait for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/protocol/types.ts';
import type { Daemon, Place, Watch } from './support.ts';

export interface Member {
  readonly daemon: Daemon;
  readonly watch: Watch;
}

/** Nodes of these names in one grove, led by the first. */
export async function startGrove(place: Place, ...names: readonly string[]): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const name of names) {
    const daemon = await place.start(name);
    members.push({ daemon, watch: await place.follow(daemon) });
  }
  const [leader, ...others] = members;
  if (leader === undefined) throw new Error('a grove has a leader');
  await leader.daemon.ask('grove', 'init', '--label', names[0] ?? '');
  for (const [index, { daemon }] of others.entries()) {
    const { fingerprint } = daemon;
    const invited = await leader.daemon.ask('grove', 'invite', fingerprint, names[index + 1] ?? '');
    await daemon.ask('grove', 'join', (invited as { invite: string }).invite);
  }
  return members;
}

/** One run as the command was told of it, on its standard input. */
export interface Told {
  readonly reason: string;
  readonly grove_seq: number | null;
  readonly changed: readonly {
    readonly name: string;
    readonly old_value: string | null;
    readonly new_value: string | null;
  }[];
  readonly params: { readonly [name: string]: string | null };
}

/** What a command appends to: a line for each run. */
export class Notes {
  readonly path: string;
  /** Append what stands on standard input. */
  readonly command: readonly string[];

  constructor(place: Place, name: string) {
    this.path = join(place.path, `${name}.notes`);
    this.command = ['/bin/sh', '-c', 'cat >> "$0"', this.path];
  }

  /** The same, and then some more shell, with a path as `$1`. */
  and(script: string, path = ''): readonly string[] {
    return ['/bin/sh', '-c', `cat >> "$0"; ${script}`, this.path, path];
  }

  get lines(): readonly string[] {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8').split('\n').slice(0, -1) : [];
  }

  get runs(): readonly Told[] {
    return this.lines.map((line) => JSON.parse(line) as Told);
  }

  /** Why each run was, and the values it was about. */
  get brief(): readonly (readonly [string, readonly (string | null)[]])[] {
    return this.runs.map(({ reason, changed }) => [reason, changed.map(({ new_value }) => new_value)]);
  }
}

export async function request(
  watch: Watch,
  method: string,
  params: { [name: string]: Json } = {},
): Promise<Json> {
  const answer = await watch.client.request(method, params);
  if (!answer.ok) throw new Error(`${method}: ${answer.reason.message}`);
  return answer.value;
}

export function createApp(
  watch: Watch,
  app: string,
  on_change: readonly string[] | { readonly [name: string]: Json } | null,
  more: { readonly [name: string]: Json } = {},
): Promise<Json> {
  const params = [{ name: 'greeting' }, { name: 'motto' }];
  return request(watch, '/apps/create', { app, params, on_change: on_change as Json, ...more });
}

export interface AppAnswer {
  readonly state: string;
  readonly generation: number;
  readonly last_error: string | null;
  readonly params: readonly { readonly name: string; readonly value: string | null }[];
  readonly operations: readonly {
    readonly id: number;
    readonly state: string;
    readonly output: string | null;
    readonly detail: string | null;
    readonly changes: readonly { readonly name: string; readonly sha256: string | null }[];
  }[];
}

export async function show(watch: Watch, app: string): Promise<AppAnswer> {
  return (await request(watch, '/apps/show', { app })) as unknown as AppAnswer;
}

/** Resolves when nothing runs or waits for any app of the node any more. */
export async function settled(watch: Watch, app: string): Promise<AppAnswer> {
  return watch.until(async () => {
    const mappings = (await request(watch, '/grove/mappings')) as { app: string; state: string }[];
    const waits = mappings.some((row) => row.app === app && !['in-sync', 'incompatible'].includes(row.state));
    const answer = await show(watch, app);
    return waits || answer.state !== 'idle' ? null : answer;
  }, `${app} at rest`);
}

/** Publishes a param and resolves when this member has applied the payload. */
export async function publish(
  leader: Watch,
  member: Watch,
  name: string,
  value: string | null,
  kind = 'text',
): Promise<number> {
  const answer =
    value === null
      ? await request(leader, '/grove/params/unset', { name })
      : await request(leader, '/grove/params/set', { name, value, kind });
  const { seq } = answer as { seq: number };
  await member.event(
    (event) => event.type === 'grove.payload-applied' && Number(event.seq) >= seq,
    `number ${seq}`,
  );
  return seq;
}
