/** Changes of a context, as steps give them. */

/** Whether a step changes something: taking over nothing costs the library as much as taking over everything. */
export function hasChanges(changes: object): boolean {
  for (const _field in changes) return true;
  return false;
}

/** Changes made one after the other: of what two of them set, the later counts. */
export function inTurn<Context extends object>(...changes: readonly Partial<Context>[]): Partial<Context> {
  return Object.assign({}, ...changes);
}
