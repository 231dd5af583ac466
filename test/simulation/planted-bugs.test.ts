/**
 * A check that never failed proves nothing. Each of these worlds has a mistake in it, planted in what a node is made of:
 * its disk, its links, its signer, its clock, or the steps of its machines. The check that is there for it finds it.
 */
import { describe, expect, it } from 'vitest';
import { providedSupervisor } from '../../actors/provide.ts';
import type { Clock, GroveStore, Link, LinkTransport } from '../../src/ports/index.ts';
import { type Plan, type PlayOptions, play } from '../../src/simulation/plan/index.ts';
import { SeededRandom } from '../../src/simulation/world/seeded-random.ts';
import type { SimulatedNode } from '../../src/simulation/world/simulated-node.ts';
import type { Mistakes, World } from '../../src/simulation/world/world.ts';
import { openStore } from '../../src/store/index.ts';

const publishes: Plan = [1, 2, 3].map((count) => ({ do: 'publish', value: `${count}`, at: count * 2_000 }));
const noPorts: Mistakes['ports'] = (_node, ports) => ports;

/** The names of the checks that found something. */
function found(options: Partial<PlayOptions> & { readonly mistakes?: Partial<Mistakes> }): string[] {
  const { mistakes = {}, ...rest } = options;
  const { world, violations } = play({
    seed: 5,
    nodes: 5,
    plan: publishes,
    violationsMax: 60,
    ...rest,
    prepare: (made) => {
      made.mistakes = { ports: noPorts, ...mistakes };
      rest.prepare?.(made);
    },
  });
  world.close();
  return [...new Set(violations.map(({ check }) => check))];
}

/** Only this node is made with other ports. */
function at(
  number: number,
  change: (ports: Parameters<Mistakes['ports']>[1], node: SimulatedNode) => ReturnType<Mistakes['ports']>,
): Partial<Mistakes> {
  return { ports: (node, ports) => (node.number === number ? change(ports, node) : ports) };
}

/** Links go through `change` on their way to whoever dialled or listens. */
function withLinks(transport: LinkTransport, change: (link: Link) => Link): LinkTransport {
  return {
    addresses: () => transport.addresses(),
    setTrust: (judge) => transport.setTrust(judge),
    listen: (accept) => transport.listen((link) => accept(change(link))),
    dial: (target, handler) =>
      transport.dial(target, { ...handler, connected: (link) => handler.connected(change(link)) }),
  };
}

/** The same link, but for what is named; `link` stays what the methods run on. */
function linkWith(link: Link, changes: Partial<Link>): Link {
  return new Proxy(link, {
    get: (target, name) => {
      const value = name in changes ? changes[name as keyof Link] : target[name as keyof Link];
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
    },
  });
}

describe('the checks find nothing', () => {
  it('in a world without a mistake', () => {
    expect(found({})).toEqual([]);
  });
});

describe('a number that goes back is found', () => {
  it('when a disk loses what it said it had', () => {
    let image: Uint8Array | null = null;
    const prepare = (world: World) => {
      const node = world.node(2);
      world.later(150_000, () => {
        image = node.store.image();
        world.publish('lost');
      });
      world.later(155_000, () => {
        node.crash();
        node.store.close();
        node.store = openStore({
          directory: ':memory:',
          payloadCells: world.shared.cells,
          ...(image === null ? {} : { image }),
        });
        node.start();
      });
    };
    expect(found({ prepare, plan: [{ do: 'mend', at: 200_000 }] })).toContain('seq-never-falls');
  });
});

describe('a payload that the leader did not sign is found', () => {
  it('when a node takes any signature for good', () => {
    const plan: Plan = [{ do: 'lie', node: 1, how: 'forge', at: 0 }, ...publishes];
    const mistakes = at(2, (ports) => ({ ...ports, signer: { ...ports.signer, verify: () => true } }));
    expect(found({ plan, mistakes })).toContain('applied-is-verified');
  });
});

describe('trust that does not follow the members is found', () => {
  it('when the gate is set once and never again', () => {
    const plan: Plan = [...publishes, { do: 'revoke', node: 3, at: 8_000 }];
    const mistakes = at(1, (ports) => {
      let isSet = 0;
      const { transport } = ports;
      const setTrust: LinkTransport['setTrust'] = (judge) => {
        isSet += 1;
        if (isSet <= 1) transport.setTrust(judge);
      };
      return { ...ports, transport: { ...withLinks(transport, (link) => link), setTrust } };
    });
    expect(found({ plan, mistakes })).toContain('trust-is-membership');
  });
});

describe('a link that stays open to a removed member is found', () => {
  it('when closing a link does nothing', () => {
    const plan: Plan = [...publishes, { do: 'revoke', node: 3, at: 8_000 }];
    const open = (link: Link) => linkWith(link, { close: () => {} });
    const mistakes: Partial<Mistakes> = {
      ports: (_node, ports) => {
        const transport = withLinks(ports.transport, open);
        // A gate that lets removed members in, so that it does not close their links either.
        return {
          ...ports,
          transport: { ...transport, setTrust: () => ports.transport.setTrust(() => null) },
        };
      },
    };
    expect(found({ plan, mistakes })).toContain('revoked-links-close');
  });
});

describe('two contents of one number are found', () => {
  it('when a leader loses a number and signs it again', () => {
    const prepare = (world: World) => {
      let image: Uint8Array | null = null;
      world.later(150_000, () => {
        image = world.leader.store.image();
        world.publish('the first');
      });
      world.later(155_000, () => {
        world.leader.crash();
        world.leader.store = openStore({
          directory: ':memory:',
          payloadCells: world.shared.cells,
          ...(image === null ? {} : { image }),
        });
        // It meets nobody before it publishes.
        world.network.cut((from, to) => from === 0 || to === 0);
        world.leader.start();
      });
      world.later(156_000, () => world.publish('the second'));
    };
    const plan: Plan = [{ do: 'mend', at: 400_000 }];
    expect(found({ prepare, plan })).toContain('one-content-per-number');
  });

  it('when a fork is seen and nobody is told', () => {
    const plan: Plan = [{ do: 'lie', node: 0, how: 'fork', at: 0 }, ...publishes];
    const supervisor = providedSupervisor.provide({ actions: { reportFork: () => {} } });
    expect(found({ plan })).toEqual([]);
    expect(found({ plan, mistakes: { supervisor } })).toContain('one-content-per-number');
  });
});

describe('a member left behind is found', () => {
  it('when no payload passes over its links', () => {
    const deaf = (link: Link) =>
      linkWith(link, {
        open: (handler) =>
          link.open({
            line: (bytes) => {
              if (!Buffer.from(bytes).includes('"type":"version"')) handler.line(bytes);
            },
            malformed: (detail) => handler.malformed(detail),
            drained: () => handler.drained?.(),
            closed: (end) => handler.closed(end),
          }),
      });
    const mistakes = at(3, (ports) => ({ ...ports, transport: withLinks(ports.transport, deaf) }));
    expect(found({ mistakes })).toContain('everybody-current');
  });
});

describe('a claim without a payload on the disk is found', () => {
  it('when a store says that it wrote and did not', () => {
    const mistakes = at(2, (ports) => {
      const store: GroveStore = { ...ports.store, commitPayloadSoon: (_commit, settled) => settled(null) };
      return { ...ports, store };
    });
    expect(found({ mistakes })).toContain('claims-are-stored');
  });
});

describe('a request nobody answers is found', () => {
  it('when a publish is not settled', () => {
    const supervisor = providedSupervisor.provide({ actions: { settlePublished: () => {} } });
    expect(found({ mistakes: { supervisor } })).toContain('requests-are-answered');
  });
});

describe('a node that gives up is found', () => {
  it('when its disk breaks in a way nobody thought of', () => {
    const broken = () => {
      throw new Error('a mistake of ours');
    };
    const mistakes = at(2, (ports) => {
      const store: GroveStore = { ...ports.store, commitPayloadSoon: broken };
      return { ...ports, store };
    });
    const plan: Plan = Array.from({ length: 12 }, (_, count) => ({
      do: 'publish',
      value: `${count}`,
      at: count * 500,
    }));
    expect(found({ mistakes, plan })).toContain('node-goes-on');
  });
});

describe('what leaks is found', () => {
  it('when links that are over are not forgotten', () => {
    const plan: Plan = [...publishes, { do: 'break-links', share: 1, at: 8_000 }];
    const supervisor = providedSupervisor.provide({ actions: { forgetLink: () => {} } });
    expect(found({ plan, mistakes: { supervisor } })).toContain('nothing-leaks');
  });

  it('when each dial leaves a timer behind', () => {
    const plan: Plan = [2, 4, 6, 8].map((count) => ({ do: 'break-links', share: 1, at: count * 1_000 }));
    const mistakes = at(1, (ports) => {
      const clock: Clock = ports.clock;
      const transport: LinkTransport = {
        ...withLinks(ports.transport, (link) => link),
        dial: (target, handler) => {
          for (let count = 0; count < 8; count += 1) clock.setTimeout(() => {}, 3_600_000);
          return ports.transport.dial(target, handler);
        },
      };
      return { ...ports, transport };
    });
    expect(found({ plan, mistakes })).toContain('nothing-leaks');
  });

  it('when a node forgets its links without closing them', () => {
    const plan: Plan = [...publishes, { do: 'leave', node: 1, at: 8_000 }];
    const open = (link: Link) => linkWith(link, { close: () => {} });
    const mistakes = at(1, (ports) => {
      const transport = withLinks(ports.transport, open);
      return { ...ports, transport: { ...transport, setTrust: () => ports.transport.setTrust(() => null) } };
    });
    expect(found({ plan, mistakes })).toContain('nothing-leaks');
  });
});

describe('randomness of a world', () => {
  it('has a stream for each use', () => {
    const [one, again, other] = ['a', 'a', 'b'].map((use) => new SeededRandom(3, use).uint32());
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});
