/**
 * `npm run bench [-- transport node apps convergence inspector] [--quick]`: runs the benches on this machine and writes Markdown
 * and JSON to bench/results/. All of them in full go to `latest`; anything less goes to `partial`.
 */
import { parseArgs } from 'node:util';
import { buildProgram, installBenchDependencies } from './lib/install.mjs';
import { describeMachine } from './lib/machine.mjs';
import { writeReport } from './lib/report.mjs';
import * as settingsOf from './settings.mjs';

const benches = {
  transport: async (settings, log) =>
    (await import('./transport/bench.mjs')).benchTransport(settings.transport, log),
  node: async (settings, log) =>
    (await import('./node/bench.mjs')).benchNode({ ...settings.group, ...settings.node }, log),
  apps: async (settings, log) => (await import('./apps/bench.mjs')).benchApps(settings.apps, log),
  convergence: async (settings, log) =>
    (await import('./convergence/bench.mjs')).benchConvergence(
      { ...settings.group, ...settings.convergence },
      log,
    ),
  inspector: async (settings, log) =>
    (await import('./inspector/bench.mjs')).benchInspector(settings.inspector, log),
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `no such bench: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}\n`,
  );
  process.exit(2);
}

const log = (text) => process.stderr.write(`${text}\n`);
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const settings = values.quick ? settingsOf.quick : settingsOf.full;

buildProgram();
installBenchDependencies();
const machine = describeMachine();
const sections = [];
for (const name of names) sections.push(await benches[name](settings, log));
const complete = !values.quick && names.length === Object.keys(benches).length;
const markdown = writeReport(complete ? 'latest' : 'partial', machine, settings, sections);
process.stdout.write(`${markdown}\n`);
