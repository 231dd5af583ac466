/** `/server/…`: the node itself. */
import { z } from 'zod';
import type { Json } from '../../protocol/types.ts';
import { auditLinesDefault, auditLinesMax, debugSecondsMax } from '../limits.ts';
import { defineMethod, type Method } from '../method.ts';
import { countSchema, noParams } from '../schemas.ts';

export const serverMethods: readonly Method[] = [
  // i[impl server.ping]
  defineMethod('/server/ping', noParams, () => ({ ok: true, value: {} })),

  // i[impl server.status]
  defineMethod('/server/status', noParams, (call) => ({
    ok: true,
    value: {
      version: call.version,
      hostname: call.hostname,
      uptime_secs: call.uptimeSeconds(),
      spki_fingerprint: call.endpoint.fingerprint,
      listen: [...call.endpoint.listening],
      connections: call.endpoint.stats().connections,
      grove: call.control.status() as unknown as Json,
    },
  })),

  // i[impl server.audit]
  defineMethod(
    '/server/audit',
    z.strictObject({ limit: countSchema(1, auditLinesMax).optional() }),
    (call, { limit = auditLinesDefault }) => ({
      ok: true,
      value: call.control.audit(limit).map(({ at, actor, method, summary }) => {
        return { at, actor: { ...actor }, method, summary };
      }),
    }),
  ),

  // i[impl server.debug]
  defineMethod(
    '/server/debug',
    z.strictObject({ seconds: countSchema(0, debugSecondsMax).default(2) }),
    async (call, { seconds }) => ({ ok: true, value: await call.debug(seconds) }),
  ),
];
