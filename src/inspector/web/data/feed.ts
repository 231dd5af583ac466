/**
 * The one WebSocket to the node. Views subscribe to channels while they are shown; a page that is hidden subscribes to nothing.
 * A lost connection is made again, slower each time.
 */
import { signal } from '@preact/signals';
import { type FeedChannel, type FeedFrame, type FeedRequest, feedCloseCodes } from '../../contract.ts';

export type FeedState = 'off' | 'connecting' | 'live' | 'paused' | 'lost' | 'session-over' | 'too-many';

export const feedState = signal<FeedState>('off');
/** The server's clock minus this page's, in milliseconds. */
export const clockOffset = signal(0);

type Listener = (frame: FeedFrame) => void;

const retryMsMax = 10_000;
const listeners = new Set<Listener>();
/** How many views want a channel. */
const wanted = new Map<FeedChannel, number>();
let watched: readonly string[] = [];
let eventsSince: string | null = '';
let socket: WebSocket | null = null;
let failures = 0;

export function openFeed(): void {
  document.addEventListener('visibilitychange', changeVisibility);
  connect();
}

/** Receives every frame until the returned function is called. */
export function onFrame(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Wants a channel until the returned function is called. */
export function subscribe(channel: FeedChannel): () => void {
  const count = wanted.get(channel) ?? 0;
  wanted.set(channel, count + 1);
  if (count === 0) say(subscription(channel));
  return () => {
    const left = (wanted.get(channel) ?? 1) - 1;
    if (left > 0) wanted.set(channel, left);
    else {
      wanted.delete(channel);
      say({ type: 'unsubscribe', channel });
    }
  };
}

export function watchActors(actors: readonly string[]): void {
  watched = actors;
  if (wanted.has('machines')) say({ type: 'watch', actors });
}

/** After which event to go on when the feed is made again. */
export function rememberEvent(id: string): void {
  eventsSince = id;
}

function subscription(channel: FeedChannel): FeedRequest {
  return channel === 'events'
    ? { type: 'subscribe', channel, since: eventsSince }
    : { type: 'subscribe', channel };
}

function say(request: FeedRequest): void {
  if (socket?.readyState === WebSocket.OPEN && !document.hidden) socket.send(JSON.stringify(request));
}

function connect(): void {
  feedState.value = failures === 0 ? 'connecting' : 'lost';
  const opened = new WebSocket(
    `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/feed`,
  );
  socket = opened;
  opened.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data)) as FeedFrame;
    if ('now' in frame) clockOffset.value = frame.now - Date.now();
    if (frame.type === 'hello') begin();
    for (const listener of listeners) listener(frame);
  };
  opened.onclose = ({ code }) => {
    socket = null;
    if (code === feedCloseCodes.sessionOver) feedState.value = 'session-over';
    else if (code === feedCloseCodes.tooMany) feedState.value = 'too-many';
    else {
      failures += 1;
      feedState.value = 'lost';
      setTimeout(connect, Math.min(retryMsMax, 250 * 2 ** Math.min(failures, 6)));
    }
  };
}

function begin(): void {
  failures = 0;
  feedState.value = document.hidden ? 'paused' : 'live';
  for (const channel of wanted.keys()) say(subscription(channel));
  if (wanted.has('machines') && watched.length > 0) say({ type: 'watch', actors: watched });
}

function changeVisibility(): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (document.hidden) {
    feedState.value = 'paused';
    for (const channel of wanted.keys()) {
      socket.send(JSON.stringify({ type: 'unsubscribe', channel } satisfies FeedRequest));
    }
  } else begin();
}
