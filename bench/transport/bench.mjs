/**
 * Our transport beside the classes of `@matrixai/quic`, which sit on the same native library: every measure in
 * a child process of its own, the two subjects in turn, several rounds, medians of the rounds.
 */
import { Child } from '../lib/child.mjs';
import { figure, table, verdict } from '../lib/report.mjs';
import { median } from '../lib/statistics.mjs';

/** What a row shows, and which way the ratio counts: for `lower` figures, classes ÷ grove. */
const rows = [
  {
    key: 'connectionsPerSecond',
    label: 'mutual-TLS connections, dialled and closed one after another (/s)',
    better: 'higher',
    target: 10,
  },
  { key: 'handshakesPerSecond', label: 'of that, the handshake alone (/s)', better: 'higher' },
  { key: 'roundTripMs', label: 'round trip of a 6-byte line, median (ms)', better: 'lower', target: 5 },
  { key: 'roundTripP99Ms', label: 'round trip of a 6-byte line, p99 (ms)', better: 'lower' },
  { key: 'megabytesPerSecond', label: 'one-way stream (MB/s)', better: 'higher', target: 4 },
  { key: 'kilobytesPerConnection', label: 'memory per open connection, both ends (KB)', better: 'lower' },
];

/** Runs the comparison; `settings` is `settings.transport`. Returns a section of the report. */
export async function benchTransport(settings, log) {
  const samples = { classes: {}, grove: {} };
  const failures = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const measure of Object.keys(settings.measures)) {
      for (const subject of settings.subjects) {
        log(`transport, round ${round} of ${settings.rounds}: ${measure} of ${subject}`);
        const outcome = await measureOnce(subject, measure, settings);
        if (outcome.error !== undefined)
          failures.push(`${subject}, ${measure}, round ${round}: ${outcome.error}`);
        for (const [key, value] of Object.entries(outcome.figures)) {
          samples[subject][key] = [...(samples[subject][key] ?? []), value];
        }
      }
    }
  }
  return section(samples, failures, settings);
}

async function measureOnce(subject, measure, settings) {
  const child = new Child(new URL('child.mjs', import.meta.url), { execArgv: ['--expose-gc'] });
  try {
    const params = { subject, measure, settings: settings.measures[measure] };
    return { figures: await child.call('measure', params, settings.limitMs) };
  } catch (error) {
    return { figures: {}, error: error.message.split('\n')[0] };
  } finally {
    await child.stop();
  }
}

function section(samples, failures, settings) {
  const data = { rows: rows.map((row) => compare(row, samples)), samples, failures };
  const cells = data.rows.map(({ row, classes, grove, ratio }) => [
    row.label,
    figure(classes),
    figure(grove),
    ratio === null ? '–' : `${figure(ratio)}×`,
    row.target === undefined ? '' : verdict(ratio, { atLeast: row.target, unit: '×' }),
  ]);
  const { megabytes, chunkBytes } = settings.measures.throughput;
  return {
    title: 'Transport',
    tables: [table(['', 'QUICServer/QUICClient', 'grove endpoint', 'grove is better by', 'target'], cells)],
    notes: [
      `Medians of ${settings.rounds} rounds, the two in turn, each measure in a process of its own that holds both ends; loopback, Ed25519 certificates on both sides.`,
      'A connection counts once both ends hold it with the peer authenticated. “Closed” is when the transport says so: the classes then have waited for the draining period, which is most of the first row; the second row leaves it out.',
      'The classes always ask for a stateless retry, one more round trip; our endpoint asks once half-open handshakes pile up.',
      `Stream: ${megabytes} MB in writes of ${chunkBytes} bytes, until the receiver says that it read the end. MB are 10^6 bytes.`,
      'Memory: growth of resident memory over the connections, each with one stream that has carried a line.',
      ...failures.map((failure) => `Failed: ${failure}`),
    ],
    data,
  };
}

function compare(row, samples) {
  const classes = medianOrNull(samples.classes[row.key]);
  const grove = medianOrNull(samples.grove[row.key]);
  const known = classes !== null && grove !== null;
  const ratio = known ? (row.better === 'higher' ? grove / classes : classes / grove) : null;
  return { row, classes, grove, ratio };
}

const medianOrNull = (values) => (values === undefined ? null : median(values));
