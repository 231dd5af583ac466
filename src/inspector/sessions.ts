/**
 * Sessions of browsers. A session is a signed cookie: the node remembers none, so a restart ends none and no flood of them
 * fills its memory. Deleting the token's file and starting the node again ends them all.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { endedSessionsMax, sessionMs } from './limits.ts';

export interface Session {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

export interface Sessions {
  /** Whether this is the token of the data directory. */
  isToken(text: string): boolean;
  begin(): { readonly session: Session; readonly cookie: string };
  /** The session a request's `Cookie` header holds; null for none, a forged or an old one. */
  find(cookieHeader: string | undefined): Session | null;
  isOver(session: Session): boolean;
  /** A cookie that goes on, when more than half of the session is over; null else. */
  renew(session: Session): string | null;
  end(session: Session): string;
}

// w[impl access.session]
/** `fingerprint` names the cookie: browsers do not keep the cookies of two nodes on one machine apart. */
export function createSessions(token: string, fingerprint: string, now: () => number): Sessions {
  const name = `grove_${fingerprint.slice(0, 16)}`;
  const ended = new Set<string>();

  function sign(id: string, endsAt: number): string {
    return createHmac('sha256', token)
      .update(`session/v1 ${fingerprint} ${id} ${endsAt}`)
      .digest('base64url');
  }
  function cookie(id: string, endsAt: number): string {
    const seconds = Math.max(0, Math.floor((endsAt - now()) / 1_000));
    return `${name}=${id}.${endsAt}.${sign(id, endsAt)}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  }
  function read(value: string): Session | null {
    const [, id, digits, signature] = cookiePattern.exec(value) ?? [];
    if (id === undefined || digits === undefined || signature === undefined) return null;
    const endsAt = Number(digits);
    return isSame(signature, sign(id, endsAt)) ? { id, endsAt } : null;
  }
  const isOver = ({ id, endsAt }: Session) => endsAt <= now() || ended.has(id);

  return {
    isToken: (text) => isSame(text, token),
    begin: () => {
      const session = { id: randomBytes(12).toString('base64url'), endsAt: now() + sessionMs };
      return { session, cookie: cookie(session.id, session.endsAt) };
    },
    find: (header) => {
      for (const value of cookiesNamed(name, header)) {
        const session = read(value);
        if (session !== null && !isOver(session)) return session;
      }
      return null;
    },
    isOver,
    renew: ({ id, endsAt }) => (endsAt - now() < sessionMs / 2 ? cookie(id, now() + sessionMs) : null),
    end: ({ id }) => {
      ended.add(id);
      for (const oldest of ended) if (ended.size > endedSessionsMax) ended.delete(oldest);
      return `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`;
    },
  };
}

const cookiePattern = /^([A-Za-z0-9_-]{16})\.(\d{13,15})\.([A-Za-z0-9_-]{43})$/;
/** Of one name; a browser sends one, and more when something else on the host set it too. */
const cookiesMax = 8;

function cookiesNamed(name: string, header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .slice(0, cookiesMax)
    .map((pair) => pair.slice(name.length + 1));
}

/** In the same time whatever is wrong with it. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
