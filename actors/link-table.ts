/** Links that are up, by id: machines speak of links by id only. Whoever made a link puts it here, once. */
import type { Link } from '../src/ports/index.ts';

export interface LinkTable {
  put(link: Link): void;
  get(linkId: string): Link | null;
  /** Forgets a link that is over. */
  drop(linkId: string): void;
  readonly size: number;
}

export function createLinkTable(): LinkTable {
  const links = new Map<string, Link>();
  return {
    put: (link) => {
      links.set(link.id, link);
    },
    get: (linkId) => links.get(linkId) ?? null,
    drop: (linkId) => {
      links.delete(linkId);
    },
    get size() {
      return links.size;
    },
  };
}
