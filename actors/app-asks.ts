/**
 * What operators ask of apps, while it is on its way through the machines: kept here under the request's id, because it
 * may hold the value of a secret param and everybody can look at events and machines.
 */
import type { AppDefinition } from '../src/protocol/app-types.ts';
import type { RequestActor } from '../src/protocol/types.ts';

export type AppAsk =
  | { readonly what: 'create'; readonly definition: AppDefinition }
  | { readonly what: 'remove' | 'install' }
  | { readonly what: 'set'; readonly name: string; readonly value: string }
  | { readonly what: 'unset'; readonly name: string }
  | { readonly what: 'map'; readonly appParam: string; readonly groveParam: string }
  | { readonly what: 'unmap'; readonly appParam: string };

export interface KeptAsk {
  readonly ask: AppAsk;
  readonly actor: RequestActor;
}

/** By request id. Whoever put one in takes it out when the request is settled. */
export type AppAsks = Map<string, KeptAsk>;
