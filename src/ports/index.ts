/** The seams between the actors and the world: one interface a file, implemented by the daemon and by the simulation. */
export type * from './app-actions.ts';
export type * from './app-store.ts';
export type * from './clock.ts';
export type * from './hook-runner.ts';
export type * from './host.ts';
export type * from './random.ts';
export type * from './secret-box.ts';
export type * from './signer.ts';
export type * from './store.ts';
export type * from './transport.ts';
