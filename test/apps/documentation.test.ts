/** The worked examples of the documentation: each is a definition, and its files come out as they should. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDefinitionFile, renderTemplate } from '../../src/apps/index.ts';
import { effectiveValues } from '../../src/protocol/index.ts';

const page = readFileSync(new URL('../../docs/apps.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

function definitionOf(app: string) {
  const text = examples.find((example) => example.includes(`app: ${app}\n`));
  const parsed = parseDefinitionFile(text ?? '');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.definition;
}

function rendered(app: string, set: { readonly [name: string]: string }): unknown {
  const definition = definitionOf(app);
  const values = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, { value }]));
  const { template } = definition.render[0] ?? { template: null };
  const result = renderTemplate(template ?? '', effectiveValues(definition, values));
  return result.ok ? result.value.text : result.reason.message;
}

describe('an example of docs/apps.md', () => {
  it('is a definition, each of the three', () => {
    expect(examples.map((text) => parseDefinitionFile(text).ok)).toEqual([true, true, true]);
  });

  it('writes the nginx configuration, whatever the banner', () => {
    expect(rendered('nginx-site', {})).toContain('server "127.0.0.1:8080";');
    expect(rendered('nginx-site', {})).not.toContain('X-Banner');
    expect(rendered('nginx-site', { banner: 'kia "ora"; # \\' })).toContain(
      'add_header X-Banner "kia \\"ora\\"; # \\\\" always;',
    );
  });

  it('writes the environment file with and without a token', () => {
    expect(rendered('reporter', { 'report-to': 'a@b.nz' })).toBe('REPORT_TO="a@b.nz"\n');
    expect(rendered('reporter', { 'report-to': 'a@b.nz', 'api-token': '$x`' })).toBe(
      'REPORT_TO="a@b.nz"\nAPI_TOKEN="\\$x\\`"\n',
    );
  });

  it('has a flag with a default and a command', () => {
    expect(definitionOf('new-form')).toMatchObject({
      params: [{ name: 'enabled', default_value: 'no' }],
      on_change: { command: ['/usr/local/bin/new-form', 'apply'], timeout_ms: 10_000 },
    });
  });
});
