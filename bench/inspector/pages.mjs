/** Reads feeds as open pages would: everything is subscribed to, three contexts are watched, and every frame is parsed. */
import WebSocket from 'ws';
import { serve } from '../lib/child.mjs';

const channels = ['machines', 'events', 'convergence'];
const sockets = [];
let frames = 0;

function openPage(address) {
  const url = new URL(address);
  const headers = { authorization: `Bearer ${url.searchParams.get('token')}`, origin: url.origin };
  const socket = new WebSocket(`ws://${url.host}/api/feed`, { headers });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      for (const channel of channels) socket.send(JSON.stringify({ type: 'subscribe', channel }));
    });
    socket.on('message', (text) => {
      frames += 1;
      const frame = JSON.parse(text);
      if (frame.type !== 'actors') return;
      const watched = frame.actors.filter(({ machine }) => machine !== null).slice(0, 3);
      socket.send(JSON.stringify({ type: 'watch', actors: watched.map(({ id }) => id) }));
      resolve();
    });
  });
}

serve(
  {
    open: ({ urls, each }) =>
      Promise.all(urls.flatMap((url) => Array.from({ length: each }, () => openPage(url)))).then(() => null),
    frames: async () => frames,
  },
  async () => {
    for (const socket of sockets) socket.terminate();
  },
);
