/**
 * What the inspector costs: an idle node with `--inspect` and no page beside one without, and a publish's way to a
 * member with pages open beside one with none. Real `seedlingd` processes; both sides of a comparison run at the
 * same time and take turns.
 */
import { readFileSync } from 'node:fs';
import { figure, table, verdict } from '../lib/report.mjs';
import { mean, median, standardError, summarise } from '../lib/statistics.mjs';
import { milliseconds, nowNs, sleep } from '../lib/time.mjs';
import { openPages, startDaemons } from './daemons.mjs';

const pagesOnBusyNode = 10;

/** Returns a section of the report. */
export async function benchInspector(settings, log) {
  const idle = await idleSides(settings, log);
  const open = await publishSides(settings, 1, log);
  const many = await publishSides(settings, pagesOnBusyNode, log);
  return section({ idle, open, many }, settings);
}

/** As many groups with `--inspect` as without, idle at the same time and started in turn. */
async function idleSides(settings, log) {
  const samples = { plain: [], inspected: [] };
  for (let round = 0; round < settings.idleRounds; round += 1) {
    log(`inspector: idle for ${settings.idleMs / 1_000} s, round ${round + 1} of ${settings.idleRounds}`);
    const groups = [];
    try {
      for (let pair = 0; pair < settings.idleGroups; pair += 1) {
        const sides = [
          ['plain', []],
          ['inspected', ['--inspect', '127.0.0.1:0']],
        ];
        if (pair % 2 === 1) sides.reverse();
        for (const [side, argv] of sides) groups.push({ side, group: await startDaemons(2, argv) });
      }
      await sleep(settings.settleMs);
      const before = groups.map(({ group }) => group.pids.map(costOf));
      await sleep(settings.idleMs);
      groups.forEach(({ side, group }, index) => {
        group.pids.forEach((pid, member) => {
          const now = costOf(pid);
          const cpuMs = now.cpuMs - before[index][member].cpuMs;
          samples[side].push({ cpuPercent: (cpuMs / settings.idleMs) * 100, rssMegabytes: now.rssMegabytes });
        });
      });
    } finally {
      await Promise.all(groups.map(({ group }) => group.stop()));
    }
  }
  return samples;
}

/** CPU of the main thread: the others belong to the engine, whose housekeeping hides so small a difference. */
function costOf(pid) {
  const [ranNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuMs: Number(ranNs) / 1e6,
    rssMegabytes: (Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024) / 1e6,
  };
}

/** Milliseconds from an operator's request to a member's event that it is applied, with no page and with some. */
async function publishSides(settings, pages, log) {
  log(`inspector: ${settings.publishes} publishes beside ${pages} open page(s)`);
  const argv = ['--inspect', '127.0.0.1:0'];
  const closed = await startDaemons(3, argv);
  const watched = await startDaemons(3, argv);
  const samples = { closed: [], watched: [] };
  try {
    const reader = await openPages(watched.pages, pages);
    try {
      for (let count = 0; count < settings.publishes; count += 1) {
        const sides = [
          ['closed', closed],
          ['watched', watched],
        ];
        if (count % 2 === 1) sides.reverse();
        for (const [side, group] of sides) {
          await sleep(settings.publishGapMs);
          const calledNs = nowNs();
          const appliedNs = await group.publish(count);
          samples[side].push(milliseconds(calledNs, appliedNs));
        }
      }
      return { pages, ...samples, framesRead: await reader.frames() };
    } finally {
      await reader.close();
    }
  } finally {
    await Promise.all([closed.stop(), watched.stop()]);
  }
}

function section({ idle, open, many }, settings) {
  const more = (without, having) => (having / without - 1) * 100;
  const rows = [
    ...[
      ['idle: share of one core (%)', 'cpuPercent'],
      ['idle: resident memory (MB)', 'rssMegabytes'],
    ].map(([what, field]) => {
      const [plain, inspected] = ['plain', 'inspected'].map((side) =>
        idle[side].map((sample) => sample[field]),
      );
      const difference = more(mean(plain), mean(inspected));
      const offBy = (Math.hypot(standardError(plain), standardError(inspected)) / mean(plain)) * 100;
      return [
        what,
        figure(mean(plain)),
        figure(mean(inspected)),
        `${difference.toFixed(1)} % ± ${offBy.toFixed(1)}`,
        verdict(difference, { atMost: 3, unit: ' %' }),
      ];
    }),
    ...[open, many].map(({ pages, closed, watched }) => {
      const later = more(median(closed), median(watched));
      return [
        `publish → applied by a member, ${pages} page${pages === 1 ? '' : 's'} open on each node (ms)`,
        figure(median(closed)),
        figure(median(watched)),
        `${later.toFixed(1)} %`,
        verdict(later, { atMost: 10, unit: ' %' }),
      ];
    }),
  ];
  return {
    title: 'The inspector',
    tables: [table(['', 'without', 'with', 'more', ''], rows)],
    notes: [
      `Idle: ${settings.idleRounds} rounds of ${settings.idleGroups} pairs of linked nodes a side, ${settings.idleMs / 1_000} s each after ${settings.settleMs / 1_000} s to settle; means over nodes and rounds, ± one standard error. CPU is the main thread's.`,
      'A page follows the machines, the events and the convergence of its node, and watches three contexts. All pages are read by one other process.',
      `${settings.publishes} publishes a side, taking turns. Frames the pages read: ${open.framesRead} and ${many.framesRead}.`,
    ],
    data: {
      idle,
      publish: [open, many].map(({ pages, closed, watched, framesRead }) => ({
        pages,
        framesRead,
        without: { ...summarise(closed), samples: closed },
        with: { ...summarise(watched), samples: watched },
      })),
    },
  };
}
