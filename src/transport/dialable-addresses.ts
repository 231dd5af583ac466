/** The addresses under which others can reach this node, as far as the machine itself can tell. */
import { networkInterfaces } from 'node:os';
import { formatAddress, normaliseAddress, parseAddress } from '../protocol/index.ts';

/** More addresses than this help nobody. */
export const dialableAddressesMax = 16;

// t[impl listen.dialable]
/** Advertised addresses first, then the bound ones; a wildcard stands for the machine's own addresses. No duplicates. */
export function dialableAddresses(
  listening: readonly string[],
  advertised: readonly string[] = [],
): readonly string[] {
  const addresses = new Set<string>();
  for (const text of advertised) {
    const address = normaliseAddress(text);
    if (address !== null) addresses.add(address);
  }
  for (const text of listening) {
    const address = parseAddress(text);
    if (address === null) continue;
    if (address.kind !== 'unspecified') addresses.add(text);
    else for (const own of ownAddresses(address.family, address.port)) addresses.add(own);
  }
  return [...addresses].slice(0, dialableAddressesMax);
}

/** The machine's addresses that a wildcard socket of this family serves; `::` serves IPv4 as well. */
function ownAddresses(family: 4 | 6, port: number): readonly string[] {
  const found: string[] = [];
  for (const entry of Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])) {
    if (entry.internal || (family === 4 && entry.family !== 'IPv4')) continue;
    const text = formatAddress({ family: entry.family === 'IPv4' ? 4 : 6, ip: entry.address, port });
    const address = parseAddress(text);
    if (address?.kind === 'unicast') found.push(formatAddress(address));
  }
  return found;
}
