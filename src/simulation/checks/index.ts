/** The properties every simulated grove is held to. */
import { appliedIsVerified } from './applied-is-verified.ts';
import { boundParamsFollow } from './bound-params-follow.ts';
import type { Check } from './check.ts';
import { claimsAreStored } from './claims-are-stored.ts';
import { everybodyCurrent } from './everybody-current.ts';
import { nothingLeaks } from './nothing-leaks.ts';
import { oneCommandAnApp } from './one-command-an-app.ts';
import { oneContentPerNumber } from './one-content-per-number.ts';
import { requestsAreAnswered } from './requests-are-answered.ts';
import { revokedLinksClose } from './revoked-links-close.ts';
import { seqNeverFalls } from './seq-never-falls.ts';
import { trustIsMembership } from './trust-is-membership.ts';

export { appsBehind } from './bound-params-follow.ts';
export type { Check, Finding, Violation } from './check.ts';
export { membersBehind } from './everybody-current.ts';

/** Fresh ones for one world. */
export function standardChecks(): readonly Check[] {
  return [
    seqNeverFalls(),
    appliedIsVerified(),
    oneContentPerNumber(),
    trustIsMembership(),
    revokedLinksClose(),
    boundParamsFollow(),
    oneCommandAnApp(),
    claimsAreStored(),
    requestsAreAnswered(),
    everybodyCurrent(),
    nothingLeaks(),
  ];
}
