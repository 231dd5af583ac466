/** An app as the rules see it: its row and its values, those of secret params opened. */
import type { AppRow, MappingRow } from '../src/ports/index.ts';
import type { AppDefinition } from '../src/protocol/app-types.ts';
import type { HeldApp, HeldValue } from '../src/protocol/index.ts';
import type { Verdict } from '../src/protocol/types.ts';
import type { GroveParts } from './parts.ts';

// i[impl app.secrets-at-rest]
/** Fails with a text for operators when a secret cannot be opened. */
export function readApp({ ports }: GroveParts, row: AppRow): Verdict<HeldApp, string> {
  const { store, secrets } = ports;
  const { definition, installed, generation, toldGeneration, attempts } = row;
  const app = definition.name;
  const values: { [name: string]: HeldValue } = {};
  for (const stored of store.apps.values(app)) {
    const { name } = stored;
    if (!isSecret(definition, name)) {
      values[name] = stored;
      continue;
    }
    const opened: (string | null)[] = [];
    for (const sealed of [stored.value, stored.toldValue]) {
      if (sealed === null) {
        opened.push(null);
        continue;
      }
      const verdict = secrets.open(sealed, { app, param: name });
      if (!verdict.ok) return { ok: false, reason: verdict.reason.message };
      opened.push(verdict.value);
    }
    const [value = null, toldValue = null] = opened;
    values[name] = { value, toldValue, generation: stored.generation };
  }
  const mappings: readonly MappingRow[] = store.apps.mappingsOf(app);
  return {
    ok: true,
    value: { definition, installed, generation, toldGeneration, attempts, values, mappings },
  };
}

/** Values as they are to be stored. */
export function sealValues(
  { ports }: GroveParts,
  definition: AppDefinition,
  values: readonly { readonly name: string; readonly value: string | null }[],
): Verdict<{ readonly name: string; readonly value: string | null }[], string> {
  const sealed: { name: string; value: string | null }[] = [];
  for (const { name, value } of values) {
    if (value === null || !isSecret(definition, name)) {
      sealed.push({ name, value });
      continue;
    }
    const verdict = ports.secrets.seal(value, { app: definition.name, param: name });
    if (!verdict.ok) return { ok: false, reason: verdict.reason.message };
    sealed.push({ name, value: verdict.value });
  }
  return { ok: true, value: sealed };
}

export function isSecret({ params }: AppDefinition, name: string): boolean {
  return params.find((param) => param.name === name)?.secret ?? false;
}
