/** The nodes of a conversation, the commands that move them, and the recording of what they say to each other. */
import { cpSync, rmSync } from 'node:fs';
import type { SettledRequest } from '../../actors/index.ts';
import type { Json } from '../../src/protocol/types.ts';
import { type NodeOptions, signerOf, TestGrove, type TestNode } from '../actors/test-grove.ts';
import { recordLinks } from './recorded-links.ts';
import { Recording } from './recording.ts';

interface Place {
  readonly name: string;
  readonly number: number;
  readonly directory: string;
  readonly backup: string;
  wallOffsetMs: number;
  running: TestNode | null;
  /** Of the last run; a cut holds for those to come. */
  transport: TestNode['transport'] | null;
}

/** Done when what it returns is. */
type Command = (...words: string[]) => unknown;

/** After the last join: by then the nodes know each other's addresses and surplus links are closed. */
const settlingMs = 10_000;
const millisecondsPer: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export class Stage {
  readonly #grove = new TestGrove();
  readonly #recording = new Recording(() => this.#grove.manual.now());
  readonly #places = new Map<string, Place>();

  readonly #commands: { readonly [word: string]: Command } = {
    /** `nodes a b c` starts nodes that are in no grove. */
    nodes: (...names) => {
      this.#addNodes(names);
      this.#noteOrder();
    },
    /** `grove a b c`: the same nodes in one grove that a leads, all of them linked. How they got there is left out. */
    grove: async (...names) => {
      this.#addNodes(names);
      const [leader, ...members] = names;
      await this.perform(`init ${leader}`);
      await this.perform(`invite ${names.join(' ')}`);
      for (const member of members) await this.perform(`join ${member} via ${leader}`);
      this.#grove.advance(settlingMs);
      this.#recording.take();
      this.beginExchange();
      this.#noteOrder();
    },
    init: (name) => this.#ask(name, (node) => node.found()),
    invite: (leader, ...guests) =>
      this.#forEach(guests, (guest) =>
        this.#ask(leader, (node) =>
          node.change({ kind: 'invite', member: { fp: this.#fingerprintOf(guest), label: guest } }),
        ),
      ),
    /** `join b via a` */
    join: (name, _via, ...inviters) =>
      this.#ask(name, (node) => node.join(inviters.map((inviter) => this.#running(inviter)))),
    leave: (name) => this.#ask(name, (node) => node.leave(true)),
    /** `set a greeting hello`; `x*20000` is a text of that length. */
    set: (name, param = '', value = '') => this.#ask(name, (node) => node.set(param, spellOut(value))),
    /** Publishes without waiting for members to report what they hold. */
    force: (name, param = '', value = '') =>
      this.#ask(name, (node) => node.set(param, spellOut(value), { force: true })),
    revoke: (leader, name) =>
      this.#ask(leader, (node) => node.change({ kind: 'revoke', fp: this.#fingerprintOf(name) })),
    /** `cut a-b`: what is linked between them breaks, and nothing gets through any more. */
    cut: (...pairs) => this.#forPairs(pairs, (one, other) => this.#grove.network.cut(one, other)),
    heal: (...pairs) => this.#forPairs(pairs, (one, other) => this.#grove.network.mend(one, other)),
    /** Stops in an orderly way. `crash` says goodbye to nobody. */
    stop: async (name) => {
      await this.#running(name).stop();
      this.#placeOf(name).running = null;
    },
    crash: async (name) => {
      const node = this.#running(name);
      // What is said after the end is the test's way to stop it.
      this.#placeOf(name).running = null;
      await node.crash();
    },
    start: (name) => {
      this.#start(this.#placeOf(name));
    },
    /** Keeps a copy of what the node has stored; `restore` puts it back while the node is stopped. */
    backup: (name) => {
      const { directory, backup } = this.#placeOf(name);
      cpSync(directory, backup, { recursive: true });
    },
    restore: (name) => {
      const { directory, backup } = this.#placeOf(name);
      rmSync(directory, { recursive: true });
      cpSync(backup, directory, { recursive: true });
    },
    /** `clock a +10m` sets a node's wall clock forward. */
    clock: (name, by = '') => {
      const place = this.#placeOf(name);
      place.wallOffsetMs += durationOf(by.replace('+', ''));
      if (place.running !== null) place.running.clock.wallOffsetMs = place.wallOffsetMs;
    },
    advance: (duration = '') => this.#grove.advance(durationOf(duration)),
    status: (...names) => this.#forEach(names, (name) => this.#showStatus(name)),
  };

  async perform(line: string): Promise<void> {
    const [word = '', ...words] = line.split(' ');
    const command = this.#commands[word];
    if (command === undefined) throw new Error(`no such command: ${line}`);
    try {
      await command(...words);
    } catch (error) {
      throw new Error(`${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  beginExchange(): void {
    this.#recording.restart();
  }

  takeRecorded(): readonly string[] {
    return this.#recording.take();
  }

  close(): Promise<void> {
    return this.#grove.close();
  }

  #addNodes(names: readonly string[]): void {
    for (const name of names) {
      const number = this.#places.size + 1;
      const [directory, backup] = [this.#grove.directory(), this.#grove.directory()];
      const place: Place = {
        name,
        number,
        directory,
        backup,
        wallOffsetMs: 0,
        running: null,
        transport: null,
      };
      this.#places.set(name, place);
      const node = this.#start(place);
      place.wallOffsetMs = node.clock.wallOffsetMs;
      this.#recording.introduce(node.fingerprint, name);
    }
  }

  /** Of two links between a pair the one stays whose client comes first here. */
  #noteOrder(): void {
    const fingerprints = [...this.#places.keys()].map((name) => this.#fingerprintOf(name)).sort();
    this.#recording.note(`fingerprints ascending: ${fingerprints.join(' ')}`);
  }

  #start(place: Place): TestNode {
    const options: NodeOptions = {
      directory: place.directory,
      wrapTransport: (transport) => recordLinks(transport, this.#recording, place.name),
    };
    const node = this.#grove.node(place.number, options);
    if (place.wallOffsetMs !== 0) node.clock.wallOffsetMs = place.wallOffsetMs;
    place.running = node;
    place.transport = node.transport;
    let state = 'outside';
    const noteState = () => {
      const now = stateText(node.state);
      if (now !== state && place.running === node) this.#recording.note(`${place.name}: ${now}`);
      state = now;
    };
    noteState();
    node.system.supervisor.subscribe({ next: noteState, complete: noteState });
    node.system.events.subscribe(null, (delivery) => {
      if (delivery.kind === 'event' && place.running === node)
        this.#recording.event(place.name, delivery.event);
      return true;
    });
    return node;
  }

  async #ask(name: string | undefined, request: (node: TestNode) => Promise<SettledRequest>): Promise<void> {
    const verdict = await request(this.#running(name));
    if (!verdict.ok) {
      const { code, message } = verdict.reason;
      this.#recording.note(`${name}: refused ${code}: ${message}`);
    }
  }

  #showStatus(name: string): void {
    const place = this.#placeOf(name);
    const node = place.running;
    if (node === null) {
      this.#recording.note(`${name}: not running`);
      return;
    }
    const params = node.store.params().map((param) => `${param.name}=${abridged(param.value)}`);
    const links = Object.values(node.context.links).flatMap(({ greetedAt, fingerprint }) =>
      greetedAt === null ? [] : [this.#recording.readable(fingerprint)],
    );
    const held = `seq=${node.seq}${node.hash === '' ? '' : ` hash=${this.#recording.readable(node.hash)}`}`;
    const linked = `linked=${links.sort().join(',') || 'nobody'}`;
    this.#recording.note([`${name}: ${stateText(node.state)}`, held, ...params, linked].join(' '));
  }

  #placeOf(name = ''): Place {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`there is no node ${name}`);
    return place;
  }

  #running(name: string | undefined): TestNode {
    const { running } = this.#placeOf(name);
    if (running === null) throw new Error(`${name} is not running`);
    return running;
  }

  #fingerprintOf(name: string): string {
    return signerOf(this.#placeOf(name).number).fingerprint;
  }

  async #forEach(names: readonly string[], action: (name: string) => unknown): Promise<void> {
    for (const name of names) await action(name);
  }

  #forPairs(
    pairs: readonly string[],
    action: (one: TestNode['transport'], other: TestNode['transport']) => void,
  ): void {
    for (const pair of pairs) {
      const [one, other] = pair.split('-');
      const [near, far] = [this.#placeOf(one).transport, this.#placeOf(other).transport];
      if (near !== null && far !== null) action(near, far);
    }
  }
}

function spellOut(value: string): string {
  const [, text, count] = /^(.)\*(\d+)$/.exec(value) ?? [];
  return text === undefined ? value : text.repeat(Number(count));
}

function abridged(value: string): string {
  return value.length > 40 ? `${value.length} characters` : value;
}

function durationOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`a duration is written 30s, not ${text}`);
  return Number(digits) * (millisecondsPer[unit] ?? 0);
}

/** The innermost of a supervisor's nested states that says something to an operator. */
function stateText(state: Json | object): string {
  if (typeof state === 'string') return state;
  const [[outer, inner] = ['', '']] = Object.entries(state ?? {});
  if (inner === 'trusted') return outer;
  return stateText(inner);
}
