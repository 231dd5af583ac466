/** The store port's contract, on a file and in memory. */

import { openStore } from '../../src/store/index.ts';
import { storeContract } from '../contract/store-contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

storeContract('SQLite file', () => {
  const directory = temporaryDirectory();
  const store = openStore({ directory: directory.path });
  return {
    store,
    dispose: () => {
      store.close();
      directory.remove();
    },
  };
});

storeContract('SQLite in memory', () => {
  const store = openStore({ directory: ':memory:' });
  return { store, dispose: () => store.close() };
});
