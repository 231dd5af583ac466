-- The grove itself: what this node is a member of, who else is, the settings, and the payloads that carried them.

-- The one grove this node belongs to. grove_id is the 16 bytes of the UUID, current_payload the canonical JSON
-- exactly as it was signed, current_signature the 64 raw bytes.
CREATE TABLE grove_membership (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  grove_id BLOB NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('leader','follower')),
  leader_fingerprint TEXT NOT NULL,
  current_seq INTEGER NOT NULL,
  current_payload BLOB NOT NULL,
  current_signature BLOB NOT NULL,
  joined_at TEXT NOT NULL
);

-- The address book. addresses_json is a list of {"address", "source"}, source being configured, verified or hint.
CREATE TABLE grove_peers (
  fingerprint TEXT PRIMARY KEY,
  label TEXT,
  addresses_json TEXT NOT NULL,
  last_seen_at TEXT,
  last_connected_at TEXT
);

-- The params of the current payload. A projection: when they differ, the payload is right.
-- version_seq is the number at which the param last changed.
CREATE TABLE grove_params (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  version_seq INTEGER NOT NULL
);

-- Which param of which local app follows which grove param. Local only, never sent to anybody.
CREATE TABLE grove_param_mappings (
  app_name TEXT NOT NULL,
  app_param_name TEXT NOT NULL,
  grove_param_name TEXT NOT NULL,
  PRIMARY KEY (app_name, app_param_name)
);

-- History: the newest payloads, each as it was signed.
CREATE TABLE grove_versions (
  seq INTEGER PRIMARY KEY,
  payload BLOB NOT NULL,
  signature BLOB NOT NULL,
  received_at TEXT NOT NULL
);
