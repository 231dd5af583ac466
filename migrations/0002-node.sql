-- What a node remembers beside the grove's own tables: the leader's key, whom it once knew, what it set aside,
-- what happened, and who may operate it.

-- The rest of the membership row. leader_key is the raw Ed25519 public key; it is empty for a membership written
-- before the key was kept. revoked_at_seq is the number of the payload that removed this node.
CREATE TABLE grove_membership_details (
  id INTEGER PRIMARY KEY CHECK (id = 1) REFERENCES grove_membership (id) ON DELETE CASCADE,
  leader_key BLOB NOT NULL CHECK (length(leader_key) IN (0, 32)),
  revoked_at_seq INTEGER
) STRICT;

INSERT INTO grove_membership_details (id, leader_key, revoked_at_seq) SELECT id, x'', NULL FROM grove_membership;

-- The highest number seen in each grove this node left, so that it is not led back in time by joining again.
CREATE TABLE grove_floors (
  sequence INTEGER PRIMARY KEY,
  grove_id BLOB NOT NULL CHECK (length(grove_id) = 16),
  leader_fingerprint TEXT NOT NULL,
  seq_max INTEGER NOT NULL,
  UNIQUE (grove_id, leader_fingerprint)
) STRICT;

-- Members that a payload removed: their dials are answered with the number that removed them.
CREATE TABLE grove_former_members (
  fingerprint TEXT PRIMARY KEY,
  removed_at_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Two payloads the leader signed under one number: proof, kept byte for byte.
CREATE TABLE grove_fork_evidence (
  sequence INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature BLOB NOT NULL CHECK (length(signature) = 64),
  leader_key BLOB NOT NULL CHECK (length(leader_key) = 32),
  peer_fingerprint TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  UNIQUE (seq, hash)
) STRICT;

-- Verified payloads that are not applied yet: created in the future, or too far ahead to take unasked.
CREATE TABLE grove_parked_payloads (
  sequence INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  payload BLOB NOT NULL,
  signature BLOB NOT NULL CHECK (length(signature) = 64),
  leader_key BLOB NOT NULL CHECK (length(leader_key) = 32),
  reason TEXT NOT NULL CHECK (reason IN ('created_in_future', 'seq_jump')),
  peer_fingerprint TEXT NOT NULL,
  parked_at TEXT NOT NULL
) STRICT;

-- Payloads that were refused, so that they are not fetched again and again. until_ms is Unix time.
CREATE TABLE grove_refused_payloads (
  hash TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  until TEXT NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The event log. sequence has no gaps, which is what makes pruning cheap; id is what readers resume from.
CREATE TABLE node_events (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  actor_json TEXT,
  data_json TEXT NOT NULL
) STRICT;

-- Who asked for what.
CREATE TABLE node_audit (
  sequence INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  actor_json TEXT NOT NULL,
  method TEXT NOT NULL,
  summary TEXT NOT NULL
) STRICT;

-- Keys that may use the operator interface.
CREATE TABLE operator_keys (
  fingerprint TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  added_at TEXT
) STRICT, WITHOUT ROWID;
