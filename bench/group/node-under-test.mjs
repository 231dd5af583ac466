/**
 * What a system has to bring to be measured. Each module of `adapters/` exports `createNode(options)`:
 *
 *   options  { index, directory, settings }   index within the group; a directory of its own that outlives restarts
 *
 * and returns a node under test:
 *
 *   start()             begins to listen; resolves with plain data others need to reach it (its `info`)
 *   found(infos)        on node 0 only: makes the group; resolves with one plain `ticket` for each index (null: none)
 *   join(ticket)        enters the group
 *   rejoin(ticket)      enters it again after a restart in the same directory
 *   linkCount()         how many peers it would send a document to now
 *   publish(marker)     on node 0 only: gives the group a new document that carries the number `marker`
 *   onApplied(handler)  handler(marker, atNs): the node holds the document with that number since `atNs`
 *   stop()
 */
const names = ['gossipsub', 'grove'];

export async function createNode(system, options) {
  if (!names.includes(system)) throw new Error(`unknown system ${system}`);
  const adapter = await import(`./adapters/${system}.mjs`);
  return adapter.createNode(options);
}

/** A document of `bytes` bytes that starts with its number. */
export function createDocument(marker, bytes) {
  return `${marker} `.padEnd(bytes, 'abcdefghijklmnopqrstuvwxyz');
}

export function markerOf(document) {
  return Number.parseInt(document, 10);
}
