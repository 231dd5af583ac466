/** `grove_peers`: the address book. Labels come from the payload, addresses from links, operators and hints. */
import type { AddressRow, GroveStore, PeerRow } from '../ports/store.ts';
import type { Member } from '../protocol/types.ts';
import type { Connection, Connections } from './database.ts';
import { parseJson } from './encoding.ts';
import { peersMax, storedAddressesPerPeerMax } from './limits.ts';

interface PeerColumns {
  readonly fingerprint: string;
  readonly label: string | null;
  readonly addresses_json: string;
  readonly last_seen_at: string | null;
  readonly last_connected_at: string | null;
}

export interface PeersTable extends Pick<GroveStore, 'peers' | 'savePeers' | 'removePeers'> {
  /** Part of a payload's transaction: members get rows with their labels, removed ones lose theirs. */
  followPayload(members: readonly Member[], removed: readonly string[]): void;
  clear(): void;
}

export function peersTable({ durable, relaxed }: Connections): PeersTable {
  const select = relaxed.prepare<PeerColumns>(
    `SELECT fingerprint, label, addresses_json, last_seen_at, last_connected_at FROM grove_peers
     ORDER BY fingerprint`,
  );
  const upsert = relaxed.prepare(
    `INSERT INTO grove_peers (fingerprint, label, addresses_json, last_seen_at, last_connected_at)
     VALUES (@fingerprint, @label, @addressesJson, @lastSeenAt, @lastConnectedAt)
     ON CONFLICT (fingerprint) DO UPDATE SET label = coalesce(excluded.label, label),
       addresses_json = excluded.addresses_json, last_seen_at = excluded.last_seen_at,
       last_connected_at = excluded.last_connected_at`,
  );
  // Members and those met most recently stay.
  const prune = relaxed.prepare(
    `DELETE FROM grove_peers WHERE fingerprint IN (SELECT fingerprint FROM grove_peers
       ORDER BY label IS NULL, last_connected_at DESC, fingerprint LIMIT -1 OFFSET ${peersMax})`,
  );
  const count = relaxed.prepare<{ readonly rows: number }>('SELECT count(*) AS rows FROM grove_peers');
  const remove = relaxed.prepare('DELETE FROM grove_peers WHERE fingerprint = ?');

  return {
    peers: () => select.all().map((columns) => toPeerRow(columns, relaxed.path)),
    // g[impl store.address-book]
    savePeers: (rows) => {
      relaxed.write(() => {
        for (const row of rows) {
          upsert.run({
            fingerprint: row.fingerprint,
            label: row.label,
            addressesJson: JSON.stringify(boundAddresses(row.addresses)),
            lastSeenAt: row.lastSeenAt,
            lastConnectedAt: row.lastConnectedAt,
          });
        }
        // Putting them in order costs more than all else here.
        if ((count.get()?.rows ?? 0) > peersMax) prune.run();
      });
    },
    removePeers: (fingerprints) => {
      relaxed.write(() => {
        for (const fingerprint of fingerprints) remove.run(fingerprint);
      });
    },
    ...payloadSide(durable),
  };
}

function payloadSide(durable: Connection): Pick<PeersTable, 'followPayload' | 'clear'> {
  const selectLabels = durable.prepare<Pick<PeerColumns, 'fingerprint' | 'label'>>(
    'SELECT fingerprint, label FROM grove_peers',
  );
  const setLabel = durable.prepare(
    `INSERT INTO grove_peers (fingerprint, label, addresses_json) VALUES (?, ?, '[]')
     ON CONFLICT (fingerprint) DO UPDATE SET label = excluded.label`,
  );
  const remove = durable.prepare('DELETE FROM grove_peers WHERE fingerprint = ?');
  const clear = durable.prepare('DELETE FROM grove_peers');

  return {
    // g[impl store.labels]
    followPayload: (members, removed) => {
      for (const fingerprint of removed) remove.run(fingerprint);
      const labels = new Map(selectLabels.all().map((row) => [row.fingerprint, row.label]));
      for (const member of members) {
        if (labels.get(member.fp) !== member.label) setLabel.run(member.fp, member.label);
      }
    },
    clear: () => {
      clear.run();
    },
  };
}

/** Keeps the order but for one thing: when there are too many, hints go first and configured addresses last. */
function boundAddresses(addresses: readonly AddressRow[]): readonly AddressRow[] {
  const plain = addresses.map(({ address, source }) => ({ address, source }));
  if (plain.length <= storedAddressesPerPeerMax) return plain;
  const bySource = (source: AddressRow['source']) => plain.filter((row) => row.source === source);
  return [...bySource('configured'), ...bySource('verified'), ...bySource('hint')].slice(
    0,
    storedAddressesPerPeerMax,
  );
}

function toPeerRow(columns: PeerColumns, path: string): PeerRow {
  return {
    fingerprint: columns.fingerprint,
    label: columns.label,
    addresses: parseJson<readonly AddressRow[]>(columns.addresses_json, path),
    lastSeenAt: columns.last_seen_at,
    lastConnectedAt: columns.last_connected_at,
  };
}
