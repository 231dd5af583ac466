import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressKind,
  formatAddress,
  normaliseAddress,
  parseAddress,
} from '../../src/protocol/address.ts';

describe('reading an address', () => {
  // g[verify dial.literals]
  it.each([
    ['192.0.2.7:7891', '192.0.2.7:7891'],
    ['[2001:DB8:0:0::7]:1', '[2001:db8::7]:1'],
    ['[2001:db8:0:1:0:0:0:1]:65535', '[2001:db8:0:1::1]:65535'],
    ['[1:0:0:2:0:0:3:4]:7', '[1::2:0:0:3:4]:7'],
    ['[1:0:2:3:4:5:6:7]:7', '[1:0:2:3:4:5:6:7]:7'],
    ['[1:2:3:4:5:6:7::]:7', '[1:2:3:4:5:6:7:0]:7'],
    ['[::]:7', '[::]:7'],
    ['[::1]:7', '[::1]:7'],
    ['[::ffff:192.0.2.7]:7', '192.0.2.7:7'],
    ['[::FFFF:c000:207]:7', '192.0.2.7:7'],
    ['[64:ff9b::192.0.2.7]:7', '[64:ff9b::c000:207]:7'],
  ])('reads %s as %s', (text, canonical) => {
    expect(normaliseAddress(text)).toBe(canonical);
  });

  // g[verify dial.literals]
  it.each([
    ['clinic-7.example:7891'],
    ['localhost:7891'],
    ['192.0.2.7'],
    ['192.0.2.7:0'],
    ['192.0.2.7:65536'],
    ['192.0.2.7:07891'],
    ['192.0.2.07:7891'],
    ['192.0.2.256:7891'],
    ['192.0.2:7891'],
    ['3221225991:7891'],
    ['2001:db8::7:7891'],
    ['[2001:db8::7]'],
    ['[2001:db8::7]:'],
    ['[fe80::1%eth0]:7891'],
    ['[1:2:3:4:5:6:7:8:9]:7'],
    ['[1:2:3:4:5:6:7]:7'],
    ['[1::2::3]:7'],
    ['[:::]:7'],
    ['[12345::]:7'],
    ['[1.2.3.4::]:7'],
    ['[::1.2.3]:7'],
    ['[192.0.2.7]:7'],
    [' 192.0.2.7:7891'],
    ['192.0.2.7:7891\n'],
    [''],
    [`[${'0'.repeat(80)}::1]:7`],
  ])('reads %j as no address', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('takes port 0 only where any port makes sense', () => {
    expect(parseAddress('127.0.0.1:0', 0)).toMatchObject({ ip: '127.0.0.1', port: 0 });
  });

  it.each<[string, AddressKind]>([
    ['192.0.2.7:1', 'unicast'],
    ['10.0.0.1:1', 'unicast'],
    ['127.0.0.1:1', 'loopback'],
    ['127.9.9.9:1', 'loopback'],
    ['[::1]:1', 'loopback'],
    ['[::ffff:127.0.0.1]:1', 'loopback'],
    ['169.254.3.4:1', 'link_local'],
    ['[fe80::1]:1', 'link_local'],
    ['[febf::1]:1', 'link_local'],
    ['[fec0::1]:1', 'unicast'],
    ['224.0.0.1:1', 'multicast'],
    ['239.255.255.255:1', 'multicast'],
    ['[ff02::1]:1', 'multicast'],
    ['255.255.255.255:1', 'broadcast'],
    ['0.0.0.0:1', 'unspecified'],
    ['0.1.2.3:1', 'unspecified'],
    ['[::]:1', 'unspecified'],
    ['[::ffff:0.0.0.0]:1', 'unspecified'],
    ['[::127.0.0.1]:1', 'reserved'],
  ])('knows that %s is %s', (text, kind) => {
    expect(parseAddress(text)?.kind).toBe(kind);
  });

  it('prints what it read so that reading it again gives the same', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const ip = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((text) => `[${text}]`),
    );
    fc.assert(
      fc.property(ip, port, (host, number) => {
        const address = parseAddress(`${host}:${number}`);
        if (address === null) throw new Error(`${host}:${number} was not read`);
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.string(), (text) => [null, text].includes(normaliseAddress(text) && text)));
  });
});
