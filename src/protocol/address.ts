/**
 * Network addresses as peers write them: an IP literal and a port, `192.0.2.7:7891` or `[2001:db8::7]:7891`. Names
 * are never resolved. Every address has one canonical text (RFC 5952 for IPv6, IPv4-mapped ones as IPv4), so equal
 * addresses compare equal as text.
 */
import { addressBytesMax } from './limits.ts';

/** What an address is good for. Only `unicast`, and on one machine `loopback`, can be dialled. */
export type AddressKind =
  | 'unicast'
  | 'loopback'
  | 'link_local'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  /** IPv6 forms with an IPv4 address inside that nothing routes. */
  | 'reserved';

export interface Address {
  readonly family: 4 | 6;
  /** Canonical text, without brackets. */
  readonly ip: string;
  readonly port: number;
  readonly kind: AddressKind;
}

// g[impl dial.literals]
/** Reads `ip:port` or `[ip]:port`; null when it is anything else. Pass `portMin: 0` where "any port" makes sense. */
export function parseAddress(text: string, portMin = 1): Address | null {
  if (text.length > addressBytesMax) return null;
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(0|[1-9][0-9]{0,4})$/.exec(text);
  if (parts === null) return null;
  const port = Number(parts[3]);
  if (port < portMin || port > 65_535) return null;
  if (parts[2] !== undefined) return fromIpv4(parseIpv4(parts[2]), port);
  const groups = parseIpv6(parts[1] ?? '');
  return groups === null ? null : fromIpv6(groups, port);
}

export function formatAddress(address: Pick<Address, 'family' | 'ip' | 'port'>): string {
  return address.family === 4 ? `${address.ip}:${address.port}` : `[${address.ip}]:${address.port}`;
}

/** The canonical text of an address, or null when it is none. */
export function normaliseAddress(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : formatAddress(address);
}

/** The canonical texts of a list; what is no address is left out. */
export function normaliseAddresses(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => normaliseAddress(text) ?? []);
}

function fromIpv4(octets: readonly number[] | null, port: number): Address | null {
  return octets === null ? null : { family: 4, ip: octets.join('.'), port, kind: ipv4Kind(octets) };
}

function fromIpv6(groups: readonly number[], port: number): Address | null {
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return fromIpv4(lastOctets(groups), port);
  return { family: 6, ip: formatIpv6(groups), port, kind: ipv6Kind(groups) };
}

function ipv4Kind(octets: readonly number[]): AddressKind {
  const [first = 0, second = 0] = octets;
  if (first === 0) return 'unspecified';
  if (first === 127) return 'loopback';
  if (first === 169 && second === 254) return 'link_local';
  if (octets.every((octet) => octet === 255)) return 'broadcast';
  return first >= 224 && first <= 239 ? 'multicast' : 'unicast';
}

function ipv6Kind(groups: readonly number[]): AddressKind {
  const first = groups[0] ?? 0;
  if (groups.slice(0, 6).every((group) => group === 0)) {
    const [high = 0, low = 0] = groups.slice(6);
    if (high === 0 && low === 0) return 'unspecified';
    return high === 0 && low === 1 ? 'loopback' : 'reserved';
  }
  if ((first & 0xffc0) === 0xfe80) return 'link_local';
  return (first & 0xff00) === 0xff00 ? 'multicast' : 'unicast';
}

/** Four decimal numbers without leading zeros, which some read as octal. */
function parseIpv4(text: string): number[] | null {
  if (!/^(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})$/.test(text)) return null;
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? octets : null;
}

/** Eight groups, or null. */
function parseIpv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : null;
  return missing >= 1 ? [...head, ...Array<number>(missing).fill(0), ...tail] : null;
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const octets = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : null;
      if (octets === null) return null;
      const [first = 0, second = 0, third = 0, fourth = 0] = octets;
      groups.push(first * 256 + second, third * 256 + fourth);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function lastOctets(groups: readonly number[]): number[] {
  return groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
}

/** RFC 5952: lowercase, no leading zeros, the first longest run of two or more zero groups as `::`. */
function formatIpv6(groups: readonly number[]): string {
  let runStart = 0;
  let runLength = 1;
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > runLength) [runStart, runLength] = [start, length];
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (runLength < 2) return text(groups);
  return `${text(groups.slice(0, runStart))}::${text(groups.slice(runStart + runLength))}`;
}
