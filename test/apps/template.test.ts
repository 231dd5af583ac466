/** Templates: what a value becomes in a file, checked by the programs that read such files. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { renderTemplate, templateProblem } from '../../src/apps/index.ts';
import type { AppValues } from '../../src/protocol/index.ts';

const hostile = [
  '$(touch /tmp/made)',
  '`id`',
  '"; rm -rf / #',
  "'; id; '",
  '\\',
  '\\"$HOME',
  'a\nb',
  'a\r\nb',
  'tab\there',
  '\u0007\u001b[31m',
  '\u0085\u2028',
  '\u202egnp.exe',
  '{{port}}{{{port}}}',
  '=value',
  ' leading and trailing ',
  '',
  '#comment',
  'x'.repeat(65_536),
];

function rendered(template: string, values: AppValues): string {
  const verdict = renderTemplate(template, values);
  if (!verdict.ok) throw new Error(`line ${verdict.reason.line}: ${verdict.reason.message}`);
  return verdict.value.text;
}

function refusal(template: string, values: AppValues): string {
  const verdict = renderTemplate(template, values);
  return verdict.ok ? 'rendered' : `${verdict.reason.kind} ${verdict.reason.line}: ${verdict.reason.message}`;
}

describe('a template', () => {
  it('puts values where it says, and says with a section what is there only with a value', () => {
    const template = [
      'listen {{port}};',
      '{{#tls-cert}}',
      'ssl_certificate {{ tls-cert | nginx }};',
      '{{/tls-cert}}',
      '{{^tls-cert}}',
      '# no TLS',
      '{{/tls-cert}}',
      '{{! never seen }}',
      '{{=<% %>=}}',
      'log "{{remote}}" <% port %>;',
      '',
    ].join('\n');
    expect(rendered(template, { port: '80', 'tls-cert': null })).toBe(
      'listen 80;\n# no TLS\nlog "{{remote}}" 80;\n',
    );
    expect(rendered(template, { port: '80', 'tls-cert': '/a b.pem' })).toBe(
      'listen 80;\nssl_certificate "/a b.pem";\nlog "{{remote}}" 80;\n',
    );
  });

  it('says which values are in the text', () => {
    const verdict = renderTemplate('{{#a-a}}{{b-b}}{{/a-a}}{{^c-c}}{{d-d}}{{/c-c}}', {
      'a-a': '1',
      'b-b': '2',
      'c-c': '3',
      'd-d': '4',
    });
    expect(verdict).toEqual({ ok: true, value: { text: '2', used: ['b-b'] } });
  });

  // i[verify app.template-names]
  it.each([
    ['a\n{{pott}}', 'template 2: {{pott}}: the app has no param pott'],
    ['{{#pott}}{{/pott}}', 'template 1: {{#pott}}: the app has no param pott'],
    ['{{#port}}\n\n{{toString}}{{/port}}', 'template 3: {{toString}}: the app has no param toString'],
    ['{{constructor.name}}', 'template 1: {{constructor.name}}: the app has no param constructor.name'],
    ['{{.}}', 'template 1: {{.}}: the app has no param .'],
    ['\n{{> other}}', 'template 2: {{>other}}: one template cannot include another'],
    ['{{port | html}}', 'template 1: {{port | html}}: after the bar comes one of shell, env, json, nginx'],
    [
      '{{port | toString}}',
      'template 1: {{port | toString}}: after the bar comes one of shell, env, json, nginx',
    ],
    ['\n{{#port}}', 'template 2: Unclosed section "port"'],
    ['\n\n{{port', 'template 3: Unclosed tag'],
    ['{{/port}}', 'template 1: Unopened section "port"'],
    [
      '{{#port}}'.repeat(18) + '{{/port}}'.repeat(18),
      'template 1: {{#port}}: sections are nested more than 16 deep',
    ],
  ])('is refused with its line: %j', (template, expected) => {
    expect(refusal(template, { port: '80' })).toBe(expected);
    const problem = templateProblem(template, ['port']);
    expect(`${problem?.kind} ${problem?.line}: ${problem?.message}`).toBe(expected);
  });

  // i[verify app.template-names]
  it('is refused where a value is missing, also in a part that other values leave out', () => {
    expect(refusal('x\n{{port}}', { port: null })).toBe(
      'value 2: {{port}}: port has no value: set one, or write {{#port}}…{{/port}} around what needs it',
    );
    expect(refusal('{{^port}}{{pott}}{{/port}}', { port: '80' })).toContain('no param pott');
  });

  it('cannot make a file larger than the bound', () => {
    const value = 'x'.repeat(65_536);
    expect(refusal('{{port}}'.repeat(1_000), { port: value })).toContain('more than 4194304 bytes');
  });

  it('is never made of a value', () => {
    expect(rendered('{{port}} {{{port}}}', { port: '{{other}}', other: 'secret' })).toBe(
      '{{other}} {{other}}',
    );
  });
});

describe('a value in a file', () => {
  // i[verify app.template-values]
  it.each(['a\nb', 'a\rb', 'a\0b', '\u001b[2J', 'a\u0085b', 'a\u2028b', '\t', '\u007f'])(
    'that would break its line is refused without being shown: %j',
    (value) => {
      const message = refusal('motd {{motd}}', { motd: value });
      expect(message).toContain('the value of motd has a line break or a control character');
      expect(message).not.toContain(value);
      expect(rendered('motd {{{motd}}}', { motd: value })).toBe(`motd ${value}`);
    },
  );

  it('is otherwise put in as it is', () => {
    for (const value of ['<b> & "q"', "it's", '$HOME', 'kia ora \u202e']) {
      expect(rendered('{{motd}}', { motd: value })).toBe(value);
    }
  });

  const texts = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 60 }));

  // i[verify app.template-helpers]
  it('is one word of a shell, whatever is in it', () => {
    const read = (value: string): string =>
      execFileSync('/bin/sh', {
        input: rendered('set -- {{v-v | shell}}; printf %s "$1$2"', { 'v-v': value }),
      }).toString();
    fc.assert(
      fc.property(
        texts.filter((value) => !value.includes('\0')),
        (value) => {
          expect(read(value)).toBe(value);
        },
      ),
      { numRuns: 60 },
    );
    expect(refusal('{{v-v | shell}}', { 'v-v': 'a\0b' })).toContain('has a NUL');
  });

  // i[verify app.template-helpers]
  it('is one variable of an environment file, or refused', () => {
    fc.assert(
      fc.property(texts, (value) => {
        const verdict = renderTemplate('A=1\nVALUE={{v-v | env}}\nB=2\n', { 'v-v': value });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be let through
        const breaks = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value);
        expect(verdict.ok).toBe(!breaks);
        if (!verdict.ok) return;
        const script = `${verdict.value.text}printf %s "$A$B$VALUE"`;
        expect(execFileSync('/bin/sh', { input: script }).toString()).toBe(`12${value}`);
        expect(verdict.value.text.split('\n')).toHaveLength(4);
      }),
      { numRuns: 60 },
    );
  });

  // i[verify app.template-helpers]
  it('is a string of JSON and of YAML, on one line', () => {
    fc.assert(
      fc.property(texts, (value) => {
        const text = rendered('{"a": {{v-v | json}}}', { 'v-v': value });
        expect(JSON.parse(text)).toEqual({ a: value });
        expect(parseYaml(text)).toEqual({ a: value });
        expect(text).not.toMatch(/[\n\r\u2028\u2029\u0085]/);
      }),
    );
  });

  // i[verify app.template-helpers]
  it('is one parameter of nginx, or refused', () => {
    const nginx = (value: string): string => refusalOr('{{v-v | nginx}}', value);
    expect(nginx('a b;{}"\\')).toBe('"a b;{}\\"\\\\"');
    expect(nginx('$host')).toContain('has a $');
    expect(nginx('a\nb')).toContain('line break');
  });
});

function refusalOr(template: string, value: string): string {
  const verdict = renderTemplate(template, { 'v-v': value });
  return verdict.ok ? verdict.value.text : verdict.reason.message;
}
