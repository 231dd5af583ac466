/**
 * What is done to a simulated grove, as data: a plan is a list of actions, each at its time. A plan can be printed, read
 * back, played again, and made smaller until only what matters is left. Nodes go by their numbers; 0 leads.
 */

import type { CrashPoint } from '../world/simulated-disk.ts';

/** Ways in which a member does not keep to the protocol. */
export type Lie =
  /** Sends payloads again that are long past. */
  | 'replay'
  /** Sends payloads that the leader did not sign. */
  | 'forge'
  /** As the leader, signs two payloads under one number. */
  | 'fork'
  /** Sends lines that are no messages. */
  | 'garbage'
  /** Sends no payload on. */
  | 'silence'
  /** Says nothing but its greeting. */
  | 'mute'
  /** Tells addresses at which nobody is, as many as it may. */
  | 'flood'
  /** Says everything a dozen times. */
  | 'echo'
  /** Claims numbers that nobody has published. */
  | 'boast'
  /** Says hello under other members' names. */
  | 'impersonate'
  /** Tells others that they were removed. */
  | 'expel';

/** Those of any member; only a leader can fork. */
export const memberLies = [
  'replay',
  'forge',
  'garbage',
  'silence',
  'mute',
  'flood',
  'echo',
  'boast',
  'impersonate',
  'expel',
] as const satisfies readonly Lie[];

export const lies = [...memberLies, 'fork'] as const satisfies readonly Lie[];

export type Deed =
  /** The leader sets a param. */
  | { readonly do: 'publish'; readonly value: string; readonly name?: string }
  | { readonly do: 'unset'; readonly name: string }
  | { readonly do: 'invite' | 'revoke'; readonly node: number }
  | { readonly do: 'join'; readonly node: number; readonly through: readonly number[] }
  | { readonly do: 'leave'; readonly node: number }
  /** The process dies now, or the next time it comes to that point. `after`: it passes the point so often before. */
  | { readonly do: 'crash'; readonly node: number; readonly point?: CrashPoint; readonly after?: number }
  | { readonly do: 'stop' | 'start'; readonly node: number }
  /** Nobody in one part reaches anybody in another; who is in no list is in the last part. */
  | { readonly do: 'partition'; readonly parts: readonly (readonly number[])[] }
  /** What `from` send does not reach `to`; what comes back does. */
  | { readonly do: 'cut-one-way'; readonly from: readonly number[]; readonly to: readonly number[] }
  | { readonly do: 'mend' }
  /** This share of the links that are up breaks at once; both ends notice. */
  | { readonly do: 'break-links'; readonly share: number }
  | {
      readonly do: 'conditions';
      readonly latencyMs?: number;
      readonly loss?: number;
      readonly duplication?: number;
      readonly jitter?: number;
      readonly bytesPerMs?: number | null;
    }
  | { readonly do: 'clock'; readonly node: number; readonly skewMs: number }
  | { readonly do: 'slow-disk'; readonly node: number; readonly commitMs: number }
  | { readonly do: 'full-disk'; readonly node: number; readonly full: boolean }
  /** Keeps a copy of the node's disk; `restore` puts it back, while the node is down. */
  | { readonly do: 'backup' | 'restore'; readonly node: number }
  | { readonly do: 'lie'; readonly node: number; readonly how: Lie }
  | { readonly do: 'strict-window'; readonly node: number; readonly on: boolean }
  | AppDeed;

/** What the operator of a node does with an app, and how its commands go. */
export type AppDeed =
  /** With these params and an `on_change`; `installs`: it has to be installed first. */
  | (OfApp<'create-app'> & { readonly params: readonly string[]; readonly installs?: boolean })
  | OfApp<'install-app' | 'remove-app'>
  /** From now on the param follows this param of the grove. */
  | (OfApp<'map'> & { readonly param: string; readonly to: string })
  | (OfApp<'unmap' | 'unset-app'> & { readonly param: string })
  | (OfApp<'set-app'> & { readonly param: string; readonly value: string })
  /** Its commands take so long from now on, the next `fails` of them fail, or they hang until their time limit. */
  | (OfApp<'commands'> & { readonly ms?: number; readonly fails?: number; readonly hangs?: boolean });

interface OfApp<Deed extends string> {
  readonly do: Deed;
  readonly node: number;
  readonly app: string;
}

export type Action = Deed & {
  /** Milliseconds after the grove has settled. */
  readonly at: number;
};

export type Plan = readonly Action[];
