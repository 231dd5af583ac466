/** What every command group needs to declare its commands. */
import type { CommandContext } from './context.ts';

/** Turns a command's function into what commander calls: arguments first, options last. */
export type Run = (
  action: (context: CommandContext, ...given: never[]) => Promise<void>,
) => (...given: unknown[]) => Promise<void>;

// i[impl ctl.help]
/** The examples at the end of a command's help. */
export function example(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
