/** The door of the charts: their data, how a machine becomes one, and how it is drawn. Pure; nothing of Node or a browser. */
export type * from './chart.ts';
export { describeMachine, formatDelay, type MachineNaming } from './describe-machine.ts';
export { drawSvg, pathData, viewBox } from './draw-svg.ts';
export { layOut } from './lay-out.ts';
export { fontSize, nameHeight, padding } from './metrics.ts';
