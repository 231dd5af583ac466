/** How much is measured. `full` makes the published results, `quick` shows in about a minute that all parts run. */

export const full = {
  transport: {
    subjects: ['classes', 'grove'],
    rounds: 5,
    limitMs: 120_000,
    measures: {
      handshakes: { count: 200, warmUp: 20 },
      roundTrip: { count: 2_000, warmUp: 200 },
      throughput: { megabytes: 8, warmUpMegabytes: 1, chunkBytes: 65_536 },
      memory: { connections: 200, warmUp: 20 },
    },
  },
  /** What every group of nodes is made with. */
  group: {
    systems: ['gossipsub', 'grove'],
    seed: 20_251_123,
    processesMax: 4,
    linksPerNode: 6,
    documentBytes: 1_024,
    settleMs: 5_000,
    applyLimitMs: 20_000,
    restartLimitMs: 8_000,
  },
  node: { publishes: 200, publishGapMs: 20, idleMs: 60_000 },
  apps: { changes: 60, gapMs: 200, apps: 200, mappings: 1_000, commits: 500 },
  convergence: { sizes: [3, 16, 50], rounds: 2, publishes: 30, gapMs: { min: 100, max: 700 }, restarts: 5 },
  inspector: {
    idleRounds: 3,
    idleGroups: 8,
    settleMs: 30_000,
    idleMs: 150_000,
    publishes: 300,
    publishGapMs: 30,
  },
};

export const quick = {
  ...full,
  transport: {
    ...full.transport,
    rounds: 1,
    measures: {
      handshakes: { count: 40, warmUp: 5 },
      roundTrip: { count: 300, warmUp: 30 },
      throughput: { megabytes: 2, warmUpMegabytes: 0.5, chunkBytes: 65_536 },
      memory: { connections: 50, warmUp: 10 },
    },
  },
  group: { ...full.group, settleMs: 3_000 },
  node: { publishes: 30, publishGapMs: 20, idleMs: 10_000 },
  apps: { ...full.apps, changes: 15, commits: 100 },
  convergence: { ...full.convergence, sizes: [3, 16], rounds: 1, publishes: 5, restarts: 1 },
  inspector: {
    idleRounds: 1,
    idleGroups: 2,
    settleMs: 10_000,
    idleMs: 20_000,
    publishes: 40,
    publishGapMs: 30,
  },
};
