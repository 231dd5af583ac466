/** Which dialog is open: one at a time. */
import { signal } from '@preact/signals';
import type { App, Mapping, Member, Param } from '../data/node.ts';
import type { AppParamShown } from './app-fields.ts';

export type OpenDialog =
  | { readonly kind: 'init' | 'join' | 'leave' | 'accept-jump' | 'create-app' | 'create-app-from' }
  // w[impl view.expects]
  /** `expectSeq`: what the operator saw when the dialog opened. The node refuses when another change came first. */
  | { readonly kind: 'invite' | 'several'; readonly expectSeq: number }
  | { readonly kind: 'revoke'; readonly member: Member; readonly expectSeq: number }
  | { readonly kind: 'set'; readonly param: Param | null; readonly expectSeq: number }
  | { readonly kind: 'unset'; readonly param: Param; readonly expectSeq: number }
  | { readonly kind: 'map'; readonly app: string | null }
  | { readonly kind: 'unmap'; readonly mapping: Mapping }
  | { readonly kind: 'set-app-param'; readonly app: string; readonly param: AppParamShown }
  | { readonly kind: 'remove-app'; readonly app: App };

export const openDialog = signal<OpenDialog | null>(null);

export function closeDialog(): void {
  openDialog.value = null;
}
