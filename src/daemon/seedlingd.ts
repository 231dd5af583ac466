#!/usr/bin/env node
/** The program `seedlingd`. It hears a stop from its first moment: what runs the node takes a while to load. */
import { keepHeapSmall } from './heap.ts';
import { hearStops } from './stop-signals.ts';

const stops = hearStops();
keepHeapSmall();
const { runDaemon } = await import('./run-daemon.ts');
await runDaemon(stops);
