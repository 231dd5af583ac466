import type { Json } from '../protocol/types.ts';

/** Where the store reports what an operator may want to know, such as a schema change or a lock taken over. */
export type StoreLog = (message: string, details: { readonly [key: string]: Json }) => void;
