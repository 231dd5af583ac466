/** The library of scenarios, by name. */
import { appsFollow, failingCommands, mapTooEarly, memberAway, slowCommands } from './apps.ts';
import { restoredAlone, restoredMeetsPeers } from './backups.ts';
import { clocksOff, leaderClockAhead, leaderClockBehind } from './clocks.ts';
import { coldStart } from './cold-start.ts';
import { crashOfApps, crashOfFollowers, crashOfTheLeader } from './crashes.ts';
import { fullDisks, slowDisks } from './disks.ts';
import { everything } from './everything.ts';
import { joinThroughEveryMember, leaveAndRejoin } from './joins.ts';
import { thousandNodes } from './large.ts';
import { forkingLeader, liars } from './liars.ts';
import { heavyLoss, satellite, unrulyNetwork } from './networks.ts';
import { sixMinutesOffline, sixMinutesOfflineStrict } from './offline.ts';
import {
  partitionCrumbs,
  partitionFlapping,
  partitionHalves,
  partitionIsland,
  partitionOneWay,
  partitionStar,
  revokeAndInviteUnheard,
  revokeDuringPartition,
} from './partitions.ts';
import { publishStorm, starvedLinks } from './publishing.ts';
import { leaderAwayForAWeek, powerCut, rollingRestarts } from './restarts.ts';
import type { Scenario } from './scenario.ts';

export type { ExpectedFailure, Scenario, Script } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  coldStart,
  joinThroughEveryMember,
  leaveAndRejoin,
  publishStorm,
  starvedLinks,
  rollingRestarts,
  powerCut,
  leaderAwayForAWeek,
  sixMinutesOffline,
  sixMinutesOfflineStrict,
  partitionHalves,
  partitionStar,
  partitionIsland,
  partitionCrumbs,
  partitionOneWay,
  partitionFlapping,
  revokeDuringPartition,
  revokeAndInviteUnheard,
  heavyLoss,
  unrulyNetwork,
  satellite,
  clocksOff,
  leaderClockAhead,
  leaderClockBehind,
  crashOfTheLeader,
  crashOfFollowers,
  crashOfApps,
  restoredMeetsPeers,
  restoredAlone,
  appsFollow,
  mapTooEarly,
  slowCommands,
  failingCommands,
  memberAway,
  fullDisks,
  slowDisks,
  ...liars,
  forkingLeader,
  everything,
  thousandNodes,
];

export function scenarioNamed(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
