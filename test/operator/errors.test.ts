/** The reference of error codes and the code say the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../src/operator/index.ts';

const reference = readFileSync(new URL('../../docs/reference/errors.md', import.meta.url), 'utf8');

/** The section under a heading. */
function section(heading: string): string {
  return reference.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
}

function codesIn(text: string): string[] {
  return [...text.matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1] ?? '').sort();
}

describe('docs/reference/errors.md', () => {
  // i[verify errors.codes]
  it('lists exactly the codes of the operator interface', () => {
    expect(codesIn(section('Refusals'))).toEqual(Object.keys(errorTable).sort());
  });

  it('lists exactly the codes the command line adds', () => {
    const source = [
      'operator/operator-error.ts',
      'operator/client.ts',
      'operator/connect.ts',
      'cli/exit.ts',
      'cli/program.ts',
      'cli/answers.ts',
      'cli/connect.ts',
      'operator/local-key.ts',
      'operator/data-directory.ts',
      'operator/known-hosts.ts',
    ]
      .map((name) => readFileSync(new URL(`../../src/${name}`, import.meta.url), 'utf8'))
      .join('\n');
    const used = source.matchAll(
      /new (?:OperatorError|CtlError)\(\s*(?:exitCodes\.(?:usage|unreachable),\s*)?'([a-z_]+)'/g,
    );
    expect([...new Set([...used].map((match) => match[1] ?? ''))].sort()).toEqual(
      codesIn(section('Errors of the command line')),
    );
  });
});
