-- The apps of this node: what their operator wants configured, the values they have, what was run for them, and how
-- far each of their bound params has followed the grove.

-- One app. definition_json is what its operator described. generation counts changes of its values; told_generation
-- is the one its on_change last ended well for. attempts counts the runs since then; last_error is why the last one
-- failed.
CREATE TABLE apps (
  name TEXT PRIMARY KEY,
  definition_json TEXT NOT NULL,
  installed INTEGER NOT NULL CHECK (installed IN (0, 1)),
  generation INTEGER NOT NULL,
  told_generation INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  last_error TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Values of params that were ever set; NULL is none. A value of a secret param is sealed. generation is the one at
-- which the value last changed, told_value the one that on_change last ended well with.
CREATE TABLE app_params (
  app_name TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT,
  told_value TEXT,
  generation INTEGER NOT NULL,
  PRIMARY KEY (app_name, name)
) STRICT, WITHOUT ROWID;

-- What was run for an app. changes_json names the params it was about: {name, seq, sha256}, never a value. Numbers
-- are never used twice, so that what a killed node left running is not taken for something else.
CREATE TABLE app_operations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app_name TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('install', 'on_change')),
  reason TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  grove_seq INTEGER,
  changes_json TEXT NOT NULL,
  actor_json TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'interrupted')),
  started_at TEXT NOT NULL,
  finished_at TEXT,
  duration_ms INTEGER,
  exit_code INTEGER,
  signal TEXT,
  detail TEXT,
  output TEXT
) STRICT;

CREATE INDEX app_operations_by_app ON app_operations (app_name, id);
CREATE INDEX app_operations_running ON app_operations (app_name) WHERE state = 'running';

-- How far each mapping has followed its grove param. applied_seq is the number of the change it took last,
-- pending_seq that of one that waits to be taken, misfit why the one at applied_seq could not be taken.
CREATE TABLE grove_mapping_progress (
  app_name TEXT NOT NULL,
  app_param_name TEXT NOT NULL,
  applied_seq INTEGER,
  pending_seq INTEGER,
  misfit TEXT,
  PRIMARY KEY (app_name, app_param_name),
  FOREIGN KEY (app_name, app_param_name)
    REFERENCES grove_param_mappings (app_name, app_param_name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO grove_mapping_progress (app_name, app_param_name, applied_seq, pending_seq, misfit)
  SELECT app_name, app_param_name, NULL, 0, NULL FROM grove_param_mappings;

-- A payload finds the mappings it touches by the grove param, and those that wait without looking at the others.
CREATE INDEX grove_param_mappings_by_grove_param ON grove_param_mappings (grove_param_name);
CREATE INDEX grove_mapping_progress_pending ON grove_mapping_progress (app_name) WHERE pending_seq IS NOT NULL;
