/** The store by itself: what it costs a payload that there are apps and mappings. */
import { performance } from 'node:perf_hooks';

const groveId = '0b0f6c1e-5a3d-4a51-9f0e-2f6d1c7a8b90';
const fingerprint = '1'.padStart(64, '0');
const at = '2026-05-07T12:00:00Z';

export async function measureCommits({ apps, mappings, commits }) {
  const { openStore } = await import('../../dist/src/store/index.js');
  const { canonicalBytes, payloadHash } = await import('../../dist/src/protocol/index.js');
  const params = 200;
  const commitOf = (seq) => {
    const values = Array.from({ length: params }, (_, index) => ({
      name: `param-${String(index).padStart(3, '0')}`,
      kind: 'text',
      value: index === 7 ? `value ${seq}` : 'the same',
    }));
    const members = [{ fp: fingerprint, label: 'leader' }];
    const payload = {
      grove_id: groveId,
      seq,
      created_at: at,
      leader_fp: fingerprint,
      members,
      params: values,
      secrets: [],
    };
    const canonical = canonicalBytes(payload);
    return {
      role: 'leader',
      groveId,
      leaderFingerprint: fingerprint,
      leaderKey: '7b'.repeat(32),
      version: { seq, hash: payloadHash(canonical) },
      canonical,
      signature: 'ab'.repeat(64),
      members,
      params: values,
      removedFingerprints: [],
      receivedAt: at,
      revokesUs: false,
      replacesSameSeq: false,
    };
  };
  const bare = openStore({ directory: ':memory:' });
  const full = openStore({ directory: ':memory:' });
  for (const store of [bare, full]) store.commitPayload(commitOf(1));
  populate(full, { apps, mappings, params });
  const measured = { without: [], with: [], finding: [], touched: 0, params };
  for (let seq = 2; seq < commits + 2; seq += 1) {
    // Turn about, so that a slow moment of the machine hits both.
    const commit = commitOf(seq);
    measured.without.push(time(() => bare.commitPayload(commit)));
    measured.with.push(time(() => full.commitPayload(commit)));
    let found = [];
    measured.finding.push(
      time(() => {
        found = full.apps.pending();
      }),
    );
    measured.touched = found.length;
    for (const { app, appParam } of found) take(full, app, appParam, seq);
  }
  bare.close();
  full.close();
  return measured;
}

function populate(store, { apps, mappings, params }) {
  const each = mappings / apps;
  const names = Array.from({ length: each }, (_, index) => `param-${index}`);
  for (let number = 0; number < apps; number += 1) {
    const app = `app-${number}`;
    const described = names.map((name) => {
      return { name, kind: 'text', required: false, default_value: null, description: '', secret: false };
    });
    store.apps.createApp({
      definition: {
        name: app,
        params: described,
        install: null,
        on_change: null,
        render: [],
        signal: null,
        restart: null,
      },
      installed: true,
      generation: 1,
      toldGeneration: 1,
      attempts: 0,
      lastError: null,
      createdAt: at,
    });
    for (const [index, appParam] of names.entries()) {
      const groveParam = `param-${String((number * each + index) % params).padStart(3, '0')}`;
      const progress = [{ appParam, appliedSeq: 1, misfit: null }];
      store.apps.changeApp({ ...change(app), map: { appParam, groveParam }, progress });
    }
  }
}

function take(store, app, appParam, seq) {
  store.apps.changeApp({ ...change(app), progress: [{ appParam, appliedSeq: seq, misfit: null }] });
}

function change(app) {
  return {
    app,
    at,
    map: null,
    values: [],
    generation: 1,
    told: true,
    progress: [],
    operation: null,
    durable: false,
  };
}

function time(run) {
  const before = performance.now();
  run();
  return performance.now() - before;
}
