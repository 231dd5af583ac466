/** A part of a view with a heading, an optional count and its actions. */
import type { ComponentChildren } from 'preact';

interface SectionProps {
  readonly title: string;
  readonly id: string;
  readonly count?: number | string | undefined;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Section({ title, id, count, actions, children }: SectionProps) {
  return (
    <section class="section" aria-labelledby={`${id}-title`} id={id}>
      <header class="section-head">
        <h2 id={`${id}-title`}>
          {title}
          {count !== undefined && <span class="count">{count}</span>}
        </h2>
        {actions !== undefined && <div class="section-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}
