/** Short messages about what was done, shown over the page's foot and read out by screen readers. */
import { signal } from '@preact/signals';
import { Icon } from '../parts/icon.tsx';

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'done' | 'bad';
}

const shownMs = 6_000;
const noticesMax = 3;
const notices = signal<readonly Notice[]>([]);
let last = 0;

export function notify(text: string, tone: Notice['tone'] = 'done'): void {
  last += 1;
  const id = last;
  notices.value = [...notices.value, { id, text, tone }].slice(-noticesMax);
  setTimeout(() => dismiss(id), shownMs);
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text, tone }) => (
        <p key={id} class={`notice ${tone}`}>
          <Icon name={tone === 'done' ? 'check' : 'warning'} />
          <span>{text}</span>
          <button type="button" class="plain" onClick={() => dismiss(id)} aria-label="Dismiss this message">
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}
