/** Plans, and how they are played. */
export type { Action, Deed, Lie, Plan } from './action.ts';
export { healMsMax, type Phase, type Played, type PlayOptions, play } from './play.ts';
