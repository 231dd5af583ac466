/** What every network of links promises, whatever carries them. Call it inside a test file of the implementation. */
import { describe, expect, it } from 'vitest';
import type { DialFailure, Link, LinkClosed, LinkTransport } from '../../src/ports/index.ts';
import { closeCodes, linkBufferedBytesMax } from '../../src/protocol/index.ts';

/** A node's side, as the contract uses it. */
export interface ContractHost {
  readonly transport: LinkTransport;
  readonly fingerprint: string;
}

/** Two nodes that can reach each other, and time that passes until something is so. */
export interface ContractNetwork {
  readonly one: ContractHost;
  readonly other: ContractHost;
  until(isSo: () => boolean): Promise<void>;
}

interface Heard {
  readonly link: Link;
  readonly lines: string[];
  readonly ends: LinkClosed[];
  drains: number;
}

function open(link: Link): Heard {
  const heard: Heard = { link, lines: [], ends: [], drains: 0 };
  link.open({
    line: (bytes) => heard.lines.push(Buffer.from(bytes).toString('utf8')),
    malformed: (detail) => heard.lines.push(`malformed: ${detail}`),
    drained: () => {
      heard.drains += 1;
    },
    closed: (end) => heard.ends.push(end),
  });
  return heard;
}

function everybody({ one, other }: ContractNetwork): void {
  for (const { transport } of [one, other]) transport.setTrust(() => null);
}

async function dial(network: ContractNetwork, fingerprint = network.other.fingerprint) {
  const links: Link[] = [];
  const failures: DialFailure[] = [];
  const [address = ''] = network.other.transport.addresses();
  network.one.transport.dial(
    { address, fingerprint },
    { connected: (link) => links.push(link), failed: (failure) => failures.push(failure) },
  );
  expect([links.length, failures.length]).toEqual([0, 0]);
  await network.until(() => links.length + failures.length > 0);
  return { link: links[0], failure: failures[0] };
}

/** Both ends of a link over which a first line has passed. */
async function linked(network: ContractNetwork): Promise<{ near: Heard; far: Heard; inbound: Link }> {
  everybody(network);
  const accepted: Link[] = [];
  network.other.transport.listen((link) => accepted.push(link));
  const { link } = await dial(network);
  if (link === undefined) throw new Error('the dial failed');
  const near = open(link);
  expect(link.send(Buffer.from('first'))).toBe(true);
  await network.until(() => accepted.length > 0);
  const [inbound] = accepted;
  if (inbound === undefined) throw new Error('nothing was accepted');
  return { near, far: open(inbound), inbound };
}

export function transportContract(name: string, make: () => Promise<ContractNetwork>): void {
  describe(`the transport contract, kept by ${name}`, () => {
    it('carries lines both ways, in order, each once, and those sent before the link was opened', async () => {
      const network = await make();
      const { near, far } = await linked(network);
      const sent = Array.from({ length: 200 }, (_, index) => `line ${index}`);
      for (const line of sent) {
        near.link.send(Buffer.from(line));
        far.link.send(Buffer.from(line));
      }
      await network.until(() => far.lines.length > sent.length && near.lines.length >= sent.length);
      expect([far.lines, near.lines]).toEqual([['first', ...sent], sent]);
    });

    it('names both ends by fingerprint, direction, and an address at which they can be dialled', async () => {
      const network = await make();
      const { near, inbound } = await linked(network);
      expect(near.link).toMatchObject({ direction: 'outbound', fingerprint: network.other.fingerprint });
      expect(inbound).toMatchObject({ direction: 'inbound', fingerprint: network.one.fingerprint });
      expect(network.one.transport.addresses()).toContain(inbound.address);
      expect(network.other.transport.addresses()).toContain(near.link.address);
    });

    it('fails a dial when another node answers', async () => {
      const network = await make();
      everybody(network);
      expect(await dial(network, 'ab'.repeat(32))).toMatchObject({ failure: { kind: 'wrong_fingerprint' } });
    });

    it('says nothing more of a dial that was called off', async () => {
      const network = await make();
      everybody(network);
      const said: string[] = [];
      const [address = ''] = network.other.transport.addresses();
      const callOff = network.one.transport.dial(
        { address, fingerprint: network.other.fingerprint },
        { connected: () => said.push('connected'), failed: () => said.push('failed') },
      );
      callOff();
      // Another dial, begun later, comes to its end.
      await dial(network);
      expect(said).toEqual([]);
    });

    it('brings the last line before the end, and tells both ends once who ended it and why', async () => {
      const network = await make();
      const { near, far } = await linked(network);
      near.link.send(Buffer.from('last'));
      near.link.close(closeCodes.aborted, 'seq_regression');
      near.link.close(closeCodes.ok, 'again');
      expect(near.link.send(Buffer.from('too late'))).toBe(false);
      await network.until(() => near.ends.length > 0 && far.ends.length > 0);
      expect(far.lines).toEqual(['first', 'last']);
      const end = { code: closeCodes.aborted, reason: 'seq_regression' };
      expect([near.ends, far.ends]).toEqual([[{ by: 'us', ...end }], [{ by: 'peer', ...end }]]);
      expect(far.link.send(Buffer.from('too late'))).toBe(false);
    });

    it('trusts nobody until it is told whom, and closes the links of those it does not trust any more', async () => {
      const network = await make();
      const { near, far } = await linked(network);
      network.other.transport.setTrust(() => ({ code: closeCodes.revoked, reason: 'seq=9' }));
      await network.until(() => near.ends.length > 0 && far.ends.length > 0);
      const end = { code: closeCodes.revoked, reason: 'seq=9' };
      expect([near.ends, far.ends]).toEqual([[{ by: 'peer', ...end }], [{ by: 'us', ...end }]]);

      const fresh = await make();
      const { link } = await dial(fresh);
      if (link === undefined) throw new Error('the dial failed');
      const refused = open(link);
      await fresh.until(() => refused.ends.length > 0);
      expect(refused.ends).toMatchObject([{ by: 'peer', code: closeCodes.unauthorised }]);
    });

    it('turns links away as busy when nobody listens', async () => {
      const network = await make();
      everybody(network);
      network.other.transport.listen(() => {})();
      const { link } = await dial(network);
      if (link === undefined) throw new Error('the dial failed');
      const near = open(link);
      link.send(Buffer.from('anybody there?'));
      await network.until(() => near.ends.length > 0);
      expect(near.ends).toMatchObject([{ by: 'peer', code: closeCodes.busy }]);
    });

    it('says what waits for a peer that does not read, when nothing does any more, and ends it as busy', async () => {
      const network = await make();
      everybody(network);
      const accepted: Link[] = [];
      network.other.transport.listen((link) => accepted.push(link));
      const { link } = await dial(network);
      if (link === undefined) throw new Error('the dial failed');
      const near = open(link);
      const line = Buffer.from(`{"type":"version","payload":"${'x'.repeat(100_000)}"}`);
      while (link.waitingBytes === 0 && link.send(line));
      expect(link.waitingBytes).toBeGreaterThan(0);
      await network.until(() => accepted.length > 0);
      const far = accepted.map(open);
      await network.until(() => near.drains > 0);
      expect([near.drains, link.waitingBytes, far.length]).toEqual([1, 0, 1]);

      let sent = 0;
      while (link.send(line)) sent += line.length;
      expect(sent).toBeGreaterThan(linkBufferedBytesMax - line.length);
      await network.until(() => near.ends.length > 0);
      expect(near.ends).toMatchObject([{ by: 'us', code: closeCodes.busy }]);
    });
  });
}
