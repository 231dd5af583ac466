/**
 * RFC 3339 timestamps in UTC. Others print fractions of a second and what they print is signed, so a
 * timestamp is kept as text and only ever read, never re-printed.
 */
import { timestampCharactersMax } from './limits.ts';

const pattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/;

/** Milliseconds since the Unix epoch, or null when the text is not a real moment in UTC. */
export function parseTimestamp(text: string): number | null {
  if (text.length > timestampCharactersMax) return null;
  const seconds = pattern.exec(text)?.[1];
  if (seconds === undefined) return null;
  const milliseconds = Date.parse(text);
  // Printing it back catches the 30th of February and the 24th hour, which the platform rolls over.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 19) !== seconds)
    return null;
  return milliseconds;
}

/** Whole seconds, `Z`: the form we emit. */
export function formatTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
