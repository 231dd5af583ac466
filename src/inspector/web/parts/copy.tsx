/** Fingerprints and other long strings: shortened to the eye, whole for the clipboard and on demand. */
import { notify } from '../app/notices.tsx';
import { Icon } from './icon.tsx';

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(`Copied ${what}.`);
  } catch {
    notify(`The browser does not let this page copy. Select ${what} and copy it yourself.`, 'bad');
  }
}

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <button type="button" class="plain" aria-label={`Copy ${what}`} onClick={() => copyText(text, what)}>
      <Icon name="copy" />
    </button>
  );
}

interface ShortHexProps {
  readonly hex: string;
  /** For the button's name: `the fingerprint of clinic-2`. */
  readonly what: string;
}

export function ShortHex({ hex, what }: ShortHexProps) {
  return (
    <span class="hex">
      <code title={hex}>{hex.slice(0, 12)}</code>
      <CopyButton text={hex} what={what} />
    </span>
  );
}
