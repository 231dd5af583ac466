/** What changed from one payload to the next, for events, history, trust and the params of apps. */
import type { Member, Param, ParamKind, Payload } from './types.ts';

export interface ParamSet {
  readonly name: string;
  readonly kind: ParamKind;
  /** Null when the param is new. */
  readonly oldValue: string | null;
  readonly newValue: string;
}

export interface ParamUnset {
  readonly name: string;
  readonly kind: ParamKind;
  readonly oldValue: string;
}

export interface PayloadDiff {
  readonly membersAdded: readonly Member[];
  readonly membersRemoved: readonly Member[];
  readonly membersRelabelled: readonly {
    readonly fp: string;
    readonly oldLabel: string;
    readonly newLabel: string;
  }[];
  /** New params and those whose value or kind changed. */
  readonly paramsSet: readonly ParamSet[];
  readonly paramsUnset: readonly ParamUnset[];
}

/** One line of a grove's history. */
export type PayloadChange =
  | {
      readonly change: 'member-added' | 'member-removed';
      readonly fingerprint: string;
      readonly label: string;
    }
  | {
      readonly change: 'param-set' | 'param-unset';
      readonly name: string;
      readonly kind: ParamKind;
      readonly old_value: string | null;
      readonly new_value: string | null;
    };

// g[impl payload.diff]
/** Compares by fingerprint and by name; null stands for a grove that was not there. Each list ascends. */
export function diffPayloads(previous: Payload | null, next: Payload): PayloadDiff {
  const oldMembers = new Map((previous?.members ?? []).map((member) => [member.fp, member]));
  const oldParams = new Map((previous?.params ?? []).map((param) => [param.name, param]));
  const newMembers = new Set(next.members.map(({ fp }) => fp));
  const newParams = new Set(next.params.map(({ name }) => name));
  return {
    membersAdded: next.members.filter(({ fp }) => !oldMembers.has(fp)),
    membersRemoved: [...oldMembers.values()].filter(({ fp }) => !newMembers.has(fp)),
    membersRelabelled: next.members.flatMap(({ fp, label }) => {
      const oldLabel = oldMembers.get(fp)?.label ?? label;
      return oldLabel === label ? [] : [{ fp, oldLabel, newLabel: label }];
    }),
    paramsSet: next.params.flatMap((param) => paramSet(oldParams.get(param.name), param)),
    paramsUnset: [...oldParams.values()]
      .filter(({ name }) => !newParams.has(name))
      .map(({ name, kind, value }) => ({ name, kind, oldValue: value })),
  };
}

/** The differences as a flat list; a new label of a member reads as its removal and addition. */
export function listChanges(diff: PayloadDiff): PayloadChange[] {
  return [
    ...diff.membersAdded.map(({ fp, label }) => memberChange('member-added', fp, label)),
    ...diff.membersRelabelled.flatMap(({ fp, oldLabel, newLabel }) => [
      memberChange('member-removed', fp, oldLabel),
      memberChange('member-added', fp, newLabel),
    ]),
    ...diff.membersRemoved.map(({ fp, label }) => memberChange('member-removed', fp, label)),
    ...diff.paramsSet.map(({ name, kind, oldValue, newValue }) => {
      return { change: 'param-set' as const, name, kind, old_value: oldValue, new_value: newValue };
    }),
    ...diff.paramsUnset.map(({ name, kind, oldValue }) => {
      return { change: 'param-unset' as const, name, kind, old_value: oldValue, new_value: null };
    }),
  ];
}

function paramSet(before: Param | undefined, { name, kind, value }: Param): ParamSet[] {
  if (before?.kind === kind && before.value === value) return [];
  return [{ name, kind, oldValue: before?.value ?? null, newValue: value }];
}

function memberChange(
  change: 'member-added' | 'member-removed',
  fingerprint: string,
  label: string,
): PayloadChange {
  return { change, fingerprint, label };
}
