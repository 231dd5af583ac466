/** `/keys/…`: who may operate the node. */
import { z } from 'zod';
import { defineMethod, type Method } from '../method.ts';
import { fingerprintSchema, labelSchema, noParams } from '../schemas.ts';

export const keysMethods: readonly Method[] = [
  // i[impl keys.list]
  defineMethod('/keys/list', noParams, (call) => ({
    ok: true,
    value: call.keys.list().map(({ fingerprint, label, source }) => ({ fingerprint, label, source })),
  })),

  // i[impl keys.authorise]
  defineMethod(
    '/keys/authorise',
    z.strictObject({ fingerprint: fingerprintSchema, label: labelSchema }),
    (call, { fingerprint, label }) => {
      const authorised = call.keys.authorise({ fingerprint, label });
      if (!authorised.ok) return authorised;
      // i[impl keys.audit]
      call.control.record({
        method: '/keys/authorise',
        summary: `authorised ${label} (${fingerprint})`,
        actor: call.actor,
      });
      return { ok: true, value: {} };
    },
  ),

  // i[impl keys.revoke]
  defineMethod(
    '/keys/revoke',
    z.strictObject({ fingerprint: fingerprintSchema }),
    (call, { fingerprint }) => {
      const revoked = call.keys.revoke(fingerprint);
      if (!revoked.ok) return revoked;
      call.control.record({
        method: '/keys/revoke',
        summary: `revoked ${revoked.value.label} (${fingerprint})`,
        actor: call.actor,
      });
      call.recheckTrust();
      return { ok: true, value: {} };
    },
  ),
];
