#!/usr/bin/env node
/**
 * A step of `npm run build`: bundles the inspector's page and lays out the charts it shows, from machines that are compiled
 * already. `build-page.mjs DIR` writes DIR/inspector and DIR/charts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ELK from 'elkjs/lib/elk.bundled.js';
import { build } from 'vite';
import { readMachines } from './draw-machines.mjs';
import { diagramOf } from './machine-diagram.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('build-page.mjs DIR: the folder of the compiled sources');
const built = resolve(folder);
const output = join(built, 'inspector');

await build({
  configFile: false,
  root: join(root, 'src/inspector/web'),
  base: '/',
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: output,
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // Content security: nothing is inlined, neither fonts as data nor scripts for preloading.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
await writeCharts();

/**
 * `inspector/charts.json` for the page, and `charts/` for `seedling-ctl machines`: the machines as data, and each as Mermaid and SVG.
 * ELK runs here and not in the page, which so is spared a library of more than a megabyte.
 */
async function writeCharts() {
  /** @param {string} file */
  const load = (file) => import(pathToFileURL(join(built, file)).href);
  const { describeMachine, drawSvg, layOut } = await load('src/inspector/charts/index.js');
  const elk = new /** @type {any} */ (ELK)();
  const folder = join(built, 'charts');
  mkdirSync(folder, { recursive: true });
  const descriptions = [];
  const charts = [];
  for (const { title, about, machine, delays } of await readMachines(root, (file) =>
    load(`machines/${file}.js`),
  )) {
    const description = describeMachine(machine, { title, about, delays });
    const chart = await layOut(description, elk);
    descriptions.push(description);
    charts.push(chart);
    writeFileSync(join(folder, `${chart.name}.svg`), drawSvg(chart));
    writeFileSync(join(folder, `${chart.name}.mmd`), `${diagramOf(machine, delays)}\n`);
  }
  writeFileSync(join(output, 'charts.json'), JSON.stringify(charts));
  writeFileSync(join(folder, 'machines.json'), `${JSON.stringify(descriptions)}\n`);
}
