/** Changes of a context, as steps give them. */

/** Whether a step changes something: taking over nothing costs the library as much as taking over everything. */
export function hasChanges(changes: object): boolean {
  for (const _field in changes) return true;
  return false;
}
