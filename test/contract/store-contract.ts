/** What every store promises, whatever stands behind the port. Run it on each implementation. */
import { afterEach, beforeEach, describe } from 'vitest';
import type { GroveStore } from '../../src/ports/store.ts';
import { apps, mappings, operations } from './store-contract-apps.ts';
import { leaving, payloads, projections } from './store-contract-grove.ts';
import { addressBook, eventsAndAudit, setAside } from './store-contract-records.ts';

export interface StoreUnderTest {
  readonly store: GroveStore;
  /** Closes it and removes what it left. */
  dispose(): void;
}

export function storeContract(name: string, open: () => StoreUnderTest): void {
  describe(`store contract: ${name}`, () => {
    let opened: StoreUnderTest;
    let store: GroveStore;

    beforeEach(() => {
      opened = open();
      store = opened.store;
    });
    afterEach(() => opened.dispose());

    describe('membership and payloads', () => payloads(() => store));
    describe('projections of the payload', () => projections(() => store));
    describe('leaving', () => leaving(() => store));
    describe('address book', () => addressBook(() => store));
    describe('payloads set aside', () => setAside(() => store));
    describe('events and audit', () => eventsAndAudit(() => store));
    describe('apps', () => apps(() => store));
    describe('operations of apps', () => operations(() => store));
    describe('mappings', () => mappings(() => store));
  });
}
