/** Plans, and how they are played. */
export { type Action, type Deed, type Lie, memberLies, type Plan } from './action.ts';
export { parsePlan } from './plan-schema.ts';
export { healMsMax, type Phase, type Played, type PlayOptions, play } from './play.ts';
export { playScenario, type ScenarioOptions, scriptOf } from './play-scenario.ts';
export { type Shrunk, shrink } from './shrink.ts';
export { noFaults, type StandardFaults, standardPlan } from './standard-plan.ts';
