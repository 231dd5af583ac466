/** The bounds other implementations share, and that what they allow together really fits. */
import { describe, expect, it } from 'vitest';
import {
  addressesPerPeerMax,
  encodeMessage,
  membersMax,
  type PeersMessage,
  parseMessage,
  peersEntriesMax,
  signPayload,
  toJson,
  versionLineBytesMax,
} from '../../src/protocol/index.ts';
import * as limits from '../../src/protocol/limits.ts';
import { example, leader } from './fixtures.ts';

describe('the limits', () => {
  // g[verify read.line-limits] g[verify payload.size] g[verify payload.leader-size]
  it('are the ones every implementation uses', () => {
    expect(limits).toMatchObject({
      payloadBytesMax: 262_144,
      payloadBytesLeaderMax: 245_760,
      membersMax: 2_000,
      paramsMax: 1_024,
      paramValueBytesMax: 65_536,
      labelCharactersMax: 64,
      versionLineBytesMax: 278_528,
      peersLineBytesMax: 65_536,
      shortLineBytesMax: 4_096,
      jsonDepthMax: 8,
      jsonValuesMax: 20_000,
      peersEntriesMax: 64,
      addressesPerPeerMax: 4,
      announceFirstBytesMax: 8_192,
      futureToleranceMs: 300_000,
      seqJumpMax: 1_000_000,
    });
  });

  // g[verify payload.size]
  it('let a grove of full size travel in one line', () => {
    const others = Array.from({ length: membersMax - 1 }, (_, index) => index.toString(16).padStart(64, '0'));
    const members = [...others, leader.fingerprint].sort().map((fp) => ({ fp, label: 'clinic' }));
    const { signed } = signPayload(toJson(example({ members })), leader);
    const line = encodeMessage({ type: 'version', ...signed });
    expect(line.length).toBeLessThan(versionLineBytesMax);
    expect(parseMessage(line)).toEqual({ ok: true, value: { type: 'version', ...signed } });
  });

  // g[verify message.peers]
  it('let the longest list of hints travel in one line', () => {
    const address = `[${'ffff:'.repeat(7)}ffff]:65535`;
    const entry = {
      fingerprint: 'ff'.repeat(32),
      addresses: Array(addressesPerPeerMax).fill(address),
      last_seen: '2026-05-07T12:34:56.123456789Z',
    };
    const peers: PeersMessage = { type: 'peers', entries: Array(peersEntriesMax).fill(entry) };
    expect(parseMessage(encodeMessage(peers))).toEqual({ ok: true, value: peers });
  });
});
