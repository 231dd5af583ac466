/** The library of scenarios, by name. */
import { coldStart } from './cold-start.ts';
import type { Scenario } from './scenario.ts';

export type { ExpectedFailure, Scenario, Script } from './scenario.ts';

export const scenarios: readonly Scenario[] = [coldStart];

export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
