/** A box that scrolls: it must be reachable with the keyboard, and have a name. */
import type { ComponentChildren } from 'preact';

export interface ScrollBoxProps {
  readonly label: string;
  readonly class?: string;
  /** `pre` keeps the lines as they are. Default: `div`. */
  readonly element?: 'div' | 'pre';
  readonly children: ComponentChildren;
}

export function ScrollBox({ label, element: Box = 'div', children, class: name }: ScrollBoxProps) {
  return (
    <Box class={name} tabIndex={0} role="group" aria-label={label}>
      {children}
    </Box>
  );
}
