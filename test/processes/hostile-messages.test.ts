/** What a member may say in well-formed lines: fields that are not what they must be, payloads, and text. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, SignedPayload } from '../../src/protocol/index.ts';
import {
  createEphemeralIdentity,
  type Endpoint,
  type Identity,
  loadIdentity,
} from '../../src/transport/index.ts';
import { rawConfig, rawDial } from '../transport/raw-peer.ts';
import { expectService, type HostileGrove, startGrove, statusOf } from './hostile-node.ts';
import {
  greet,
  groveAlpn,
  honestHello,
  hostileEndpoint,
  nextLine,
  openLink,
  signedBy,
  versionLine,
} from './hostile-peer.ts';

const protocolError = 2;
const aborted = 3;
type Fields = { readonly [field: string]: Json };

let grove: HostileGrove;
let insider: Identity;
let endpoint: Endpoint;
/** The key of the leader, as a thief of it would use it. */
let leaderKey: Identity;

beforeAll(async () => {
  grove = await startGrove(1);
  const [identity] = grove.insiders;
  if (identity === undefined) throw new Error('no insider');
  insider = identity;
  endpoint = await hostileEndpoint(insider);
  leaderKey = loadIdentity(grove.leader.directory);
});

afterAll(async () => {
  await endpoint.close();
  await grove.stop();
});

const hello = (): Fields => honestHello(grove, insider);

/** How the member closed a link over which these messages came. */
async function endAfter(
  ...messages: readonly Fields[]
): Promise<{ code: number | null; abort: Json | null }> {
  const peer = await openLink(endpoint, grove.member);
  for (const message of messages) peer.send(JSON.stringify(message));
  const { by, code } = await peer.closed;
  expect(by).toBe('peer');
  const abort = peer.lines.waitingValues.find(({ type }) => type === 'abort');
  return { code, abort: abort?.reason ?? null };
}

type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';
const samples: { readonly [kind in Kind]: Json } = {
  null: null,
  boolean: true,
  number: 7,
  string: 'x',
  array: [],
  object: {},
};

/** Each field with the kinds of value it takes; those with a question mark may be absent. */
const shapes: { readonly [type: string]: { readonly [field: string]: readonly Kind[] } } = {
  hello: {
    grove_id: ['string'],
    our_seq: ['number'],
    our_payload_hash: ['string'],
    our_role: ['string'],
    our_fingerprint: ['string'],
    protocol_version: ['number'],
    nonce: ['number'],
    'push?': ['string'],
  },
  version: { payload: ['object'], signature: ['string'], 'leader_key?': ['string'] },
  peers: { entries: ['array'] },
  abort: { reason: ['string'] },
};
const payloadShape: { readonly [field: string]: readonly Kind[] } = {
  grove_id: ['string'],
  seq: ['number'],
  created_at: ['string'],
  leader_fp: ['string'],
  members: ['array'],
  params: ['array'],
  secrets: ['array'],
};
const entryShape: { readonly [field: string]: readonly Kind[] } = {
  fingerprint: ['string'],
  addresses: ['array'],
  last_seen: ['string'],
};

/** Every way to give a field a value of the wrong kind, and to leave it out where it must not be. */
function spoil(
  valid: Fields,
  shape: { readonly [field: string]: readonly Kind[] },
): readonly [string, Fields][] {
  return Object.entries(shape).flatMap(([key, kinds]) => {
    const field = key.replace('?', '');
    const { [field]: _field, ...without } = valid;
    const wrong = (Object.keys(samples) as Kind[])
      .filter((kind) => !kinds.includes(kind))
      .map((kind): [string, Fields] => [`${field}: ${kind}`, { ...valid, [field]: samples[kind] }]);
    return key.endsWith('?') ? wrong : [...wrong, [`no ${field}`, without]];
  });
}

const entry = { fingerprint: 'ab'.repeat(32), addresses: ['127.0.0.1:9'], last_seen: '2026-05-07T12:00:00Z' };

async function currentPayload(): Promise<SignedPayload> {
  return (await grove.leader.request('/grove/payload')) as unknown as SignedPayload;
}

/** The grove's payload, changed and signed with the leader's own key under the next number. */
async function forged(change: Fields, signer = leaderKey): Promise<SignedPayload> {
  const { payload } = await currentPayload();
  return signedBy(signer, { ...payload, seq: Number(payload.seq) + 1, ...change });
}

const versionOf = (signed: SignedPayload): Fields => JSON.parse(versionLine(signed)) as Fields;

describe('a message whose field has the wrong type', () => {
  // g[verify message.hello] g[verify read.no-throw]
  it('ends the link as protocol_error, whichever field of a hello it is', async () => {
    for (const [name, message] of spoil(hello(), shapes.hello ?? {})) {
      expect([name, await endAfter(message)]).toEqual([name, { code: protocolError, abort: null }]);
    }
    await expectService(grove);
  });

  // g[verify message.version] g[verify message.peers] g[verify message.abort]
  it('ends the link as protocol_error, whichever field of the other messages it is', async () => {
    const valid: { readonly [type: string]: Fields } = {
      version: versionOf(await currentPayload()),
      peers: { type: 'peers', entries: [] },
      abort: { type: 'abort', reason: 'seq_regression' },
    };
    for (const [type, fields] of Object.entries(valid)) {
      for (const [name, message] of spoil(fields, shapes[type] ?? {})) {
        const end = await endAfter(hello(), message);
        expect([type, name, end]).toEqual([type, name, { code: protocolError, abort: null }]);
      }
    }
    for (const [name, spoilt] of spoil(entry, entryShape)) {
      const end = await endAfter(hello(), { type: 'peers', entries: [entry, spoilt] });
      expect([name, end]).toEqual([name, { code: protocolError, abort: null }]);
    }
    await expectService(grove);
  });

  // g[verify payload.one-validity]
  it('is refused in a payload too, even when the leader itself signed it', async () => {
    const before = await statusOf(grove.member);
    const { payload } = await forged({});
    for (const [name, spoilt] of spoil(payload, payloadShape)) {
      const end = await endAfter(hello(), versionOf(signedBy(leaderKey, spoilt)));
      expect([name, end]).toEqual([name, { code: aborted, abort: expect.anything() }]);
    }
    expect(await statusOf(grove.member)).toMatchObject({ current_seq: before.current_seq });
    await expectService(grove);
  });
});

describe('a hello that lies', () => {
  const cases: readonly (readonly [string, Fields, number, Json])[] = [
    ['a grove id that is none', { grove_id: 'x' }, protocolError, null],
    [
      'the nil grove with a number',
      { grove_id: '00000000-0000-0000-0000-000000000000' },
      protocolError,
      null,
    ],
    ['a number below zero', { our_seq: -1 }, protocolError, null],
    ['number 0 with a hash', { our_seq: 0 }, protocolError, null],
    ['no hash', { our_payload_hash: '' }, protocolError, null],
    ['a hash in capitals', { our_payload_hash: 'AB'.repeat(32) }, protocolError, null],
    ['a role nobody has', { our_role: 'king' }, protocolError, null],
    ['somebody else’s fingerprint', { our_fingerprint: 'cd'.repeat(32) }, protocolError, null],
    ['a nonce below zero', { nonce: -1 }, protocolError, null],
    ['another grove', { grove_id: '00000000-0000-4000-8000-000000000001' }, aborted, 'grove_mismatch'],
    ['the role of the leader', { our_role: 'leader' }, aborted, 'leader_mismatch'],
    ['protocol version 0', { protocol_version: 0 }, aborted, { other: 'unsupported_protocol_version' }],
    ['protocol version -1', { protocol_version: -1 }, aborted, { other: 'unsupported_protocol_version' }],
  ];

  // g[verify message.hello-identity] g[verify message.grove-mismatch] g[verify message.leader-role]
  // g[verify message.protocol-version]
  it.each(cases)('ends the link: %s', async (_name, change, code, abort) => {
    const before = await statusOf(grove.member);
    expect(await endAfter({ ...hello(), ...change })).toEqual({ code, abort });
    expect(await endAfter(hello(), { ...hello(), ...change })).toEqual({ code, abort });
    expect(await statusOf(grove.member)).toMatchObject({ current_seq: before.current_seq });
  });

  it.each(['version', 'peers'])('ends the link when a %s comes first', async (type) => {
    const message = type === 'peers' ? { type, entries: [] } : versionOf(await forged({}));
    expect(await endAfter(message)).toMatchObject({ code: protocolError });
    await expectService(grove);
  });

  it('may come twice, or a thousand times: it is an announcement', async () => {
    const peer = await greet(endpoint, grove.member, hello());
    for (let count = 0; count < 1_000; count += 1) peer.send(JSON.stringify(hello()));
    await expectService(grove);
    expect(await statusOf(grove.member)).toMatchObject({ connected_peers: 2 });
    await peer.close();
  });
});

describe('a payload that is not the leader’s next', () => {
  const refusals: readonly (readonly [string, () => Promise<SignedPayload>, Json])[] = [
    [
      'a signature over something else',
      async () => ({
        ...(await forged({})),
        signature: (await currentPayload()).signature.replace(/^./, '0'),
      }),
      'signature_invalid',
    ],
    ['a change after signing', tamperedWith, 'signature_invalid'],
    [
      'a signature of the sender’s own',
      async () => {
        const { leader_key } = await currentPayload();
        return { ...(await forged({}, insider)), leader_key };
      },
      'signature_invalid',
    ],
    ['a key of the sender’s own', () => forged({}, insider), 'leader_mismatch'],
    ['another leader', () => forged({ leader_fp: insider.fingerprint }, insider), 'leader_mismatch'],
    ['another grove', () => forged({ grove_id: '00000000-0000-4000-8000-000000000001' }), 'grove_mismatch'],
    ['no number', () => forged({ seq: 0 }), { other: 'malformed' }],
    ['a secret', () => forged({ secrets: ['x'] }), { other: 'malformed' }],
  ];

  // g[verify payload.signed-bytes] g[verify payload.leader-key] g[verify message.grove-mismatch]
  it.each(refusals)('is refused with a reason and changes nothing: %s', async (_name, make, reason) => {
    const before = await statusOf(grove.member);
    expect(await endAfter(hello(), versionOf(await make()))).toEqual({ code: aborted, abort: reason });
    const { current_seq, payload_hash } = await statusOf(grove.member);
    expect({ current_seq, payload_hash }).toEqual({
      current_seq: before.current_seq,
      payload_hash: before.payload_hash,
    });
    await expectService(grove);
  });

  async function tamperedWith(): Promise<SignedPayload> {
    const signed = await forged({});
    return { ...signed, payload: { ...signed.payload, params: [] } };
  }

  // g[verify message.stale]
  it('is dropped without a word when it is old, and the link stays', async () => {
    const before = await statusOf(grove.member);
    const old = (await grove.leader.request('/grove/payload', { seq: 1 })) as unknown as SignedPayload;
    const peer = await greet(endpoint, grove.member, hello());
    for (let count = 0; count < 500; count += 1) peer.send(versionLine(old));
    await expectService(grove);
    expect(await statusOf(grove.member)).toMatchObject({
      current_seq: before.current_seq + 1,
      connected_peers: 2,
    });
    await peer.close();
  });

  // g[verify payload.future]
  it('is parked when it is of the future: the sender is told once, and the operator sees it', async () => {
    const before = await statusOf(grove.member);
    const peer = await greet(endpoint, grove.member, hello());
    peer.send(versionLine(await forged({ created_at: '2126-01-01T00:00:00Z' })));
    expect(await nextLine(peer, 'abort')).toEqual({ type: 'abort', reason: { other: 'created_in_future' } });
    const { current_seq, problems } = await statusOf(grove.member);
    expect(current_seq).toBe(before.current_seq);
    expect(problems.map(({ code }) => code)).toContain('created-in-future');
    await peer.close();
    await expectService(grove);
  });

  // g[verify payload.seq-jump]
  it('is parked when its number jumps by more than a million', async () => {
    const before = await statusOf(grove.member);
    const peer = await greet(endpoint, grove.member, hello());
    peer.send(versionLine(await forged({ seq: before.current_seq + 1_000_001 })));
    await expect
      .poll(async () => (await statusOf(grove.member)).problems.map(({ code }) => code))
      .toContain('seq-jump');
    expect(await statusOf(grove.member)).toMatchObject({ current_seq: before.current_seq });
    await peer.close();
    await expectService(grove);
  });
});

describe('text of a member', () => {
  // g[verify read.printable]
  it('reaches events and logs without anything that moves a cursor or hides text', async () => {
    const evil = '\u001b]0;gone\u0007\u001b[2J\u202egnp.exe\u200b';
    expect(await endAfter(hello(), { type: 'abort', reason: { other: evil } })).toMatchObject({
      code: aborted,
    });
    const line = await grove.member.logged(
      ({ msg, reason }) => msg === 'grove.peer-disconnected' && String(reason).includes('gnp.exe'),
    );
    expect(line.reason).toContain('\\u{1b}]0;gone\\u{7}\\u{1b}[2J\\u{202e}gnp.exe\\u{200b}');
    const peer = await greet(endpoint, grove.member, hello());
    peer.send(JSON.stringify({ type: evil }));
    peer.send(JSON.stringify({ ...hello(), push: evil }));
    await expectService(grove);
    await peer.close();
  });

  // g[verify read.printable]
  it('is made harmless in the reason it closes a connection with, too', async () => {
    const key = insider.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const credentials = { key, certificate: insider.certificate };
    const peer = await rawDial(grove.member.address, rawConfig({ credentials, alpn: groveAlpn }));
    await peer.established;
    peer.native.streamSend(0, Buffer.from(`${JSON.stringify(hello())}\n`), false);
    peer.pump();
    const address = `127.0.0.1:${peer.socket.address().port}`;
    await grove.member.logged(({ msg, address: from }) => msg === 'grove.peer-connected' && from === address);
    peer.native.close(true, 42, Buffer.from('\u001b[2J\u009bdone\u0000'));
    peer.pump();
    const line = await grove.member.logged(({ reason }) => String(reason).includes('done'));
    expect(line).toMatchObject({
      msg: 'grove.peer-disconnected',
      reason: 'code 42: \\u{1b}[2J\\u{9b}done\\u{0}',
    });
  });
});

describe('a stranger', () => {
  // g[verify gossip.trust]
  it('says all this to nobody', async () => {
    const stranger = await hostileEndpoint(createEphemeralIdentity());
    for (let count = 0; count < 50; count += 1) {
      const peer = await openLink(stranger, grove.member);
      peer.send(JSON.stringify(hello()));
      peer.send(versionLine(await currentPayload()));
      expect(await peer.closed).toMatchObject({ by: 'peer', code: 1, reason: 'not a member of this grove' });
      expect(peer.lines.waitingValues).toEqual([]);
    }
    await stranger.close();
    await expectService(grove);
  });
});
