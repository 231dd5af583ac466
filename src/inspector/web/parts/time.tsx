/** Times as people say them, kept true by one clock for the whole page. */
import { signal } from '@preact/signals';
import { clockOffset } from '../data/feed.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The server's time, moved on every few seconds: often enough for `a minute ago`. */
const now = signal(Date.now());
setInterval(() => {
  now.value = serverNow();
}, 5_000);

export function serverNow(): number {
  return Date.now() + clockOffset.value;
}

export function agoText(ms: number): string {
  if (ms < 10 * second) return 'just now';
  if (ms < minute) return `${Math.floor(ms / second)} s ago`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ago`;
  if (ms < day) return `${Math.floor(ms / hour)} h ago`;
  return `${Math.floor(ms / day)} d ago`;
}

export function durationText(ms: number): string {
  if (ms < minute) return `${Math.floor(ms / second)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`;
  return `${Math.floor(ms / day)} d ${Math.floor((ms % day) / hour)} h`;
}

/** Less than this is no moment of our time, but counted from the beginning of a simulated world. */
const epochMsMin = 1e11;

/** `13:04:05.123`; `12.345 s` in a simulation. */
export function clockText(at: number): string {
  if (at < epochMsMin) return `${(at / second).toFixed(3)} s`;
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(Math.floor(date.getMilliseconds())).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

export function Ago({ time }: { readonly time: string | null }) {
  if (time === null) return <span class="faint">never</span>;
  const at = Date.parse(time);
  return (
    <time dateTime={time} title={new Date(at).toLocaleString()}>
      {agoText(Math.max(0, now.value - at))}
    </time>
  );
}
