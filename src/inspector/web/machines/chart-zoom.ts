/** Moves and scales a drawing inside its frame: by wheel, drag, pinch, keyboard and buttons. */

export interface Zoom {
  fit(): void;
  by(factor: number): void;
  /** Brings a box of the drawing to the middle, at a scale that can be read. */
  show(box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }): void;
  readonly scale: () => number;
  stop(): void;
}

const scaleMin = 0.08;
const scaleMax = 3;
const readable = 0.85;
const margin = 14;
/** The buttons stand there. */
const topMargin = 48;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** `layer` is moved, `frame` listens. `drawing` is the size of what the layer holds. */
export function createZoom(frame: SVGSVGElement, layer: SVGGElement, drawing: Size): Zoom {
  let x = 0;
  let y = 0;
  let k = 1;
  const apply = (): void => layer.setAttribute('transform', `translate(${x} ${y}) scale(${k})`);
  const size = (): Size => ({ width: frame.clientWidth, height: frame.clientHeight });

  function zoomAt(factor: number, px: number, py: number): void {
    const next = Math.min(scaleMax, Math.max(scaleMin, k * factor));
    x = px - ((px - x) * next) / k;
    y = py - ((py - y) * next) / k;
    k = next;
    apply();
  }

  const zoom: Zoom = {
    fit: () => {
      const { width, height } = size();
      const room = { width: width - 2 * margin, height: height - topMargin - margin };
      k = Math.max(scaleMin, Math.min(1, room.width / drawing.width, room.height / drawing.height));
      x = (width - drawing.width * k) / 2;
      y = topMargin + (room.height - drawing.height * k) / 2;
      apply();
    },
    by: (factor) => {
      const { width, height } = size();
      zoomAt(factor, width / 2, height / 2);
    },
    show: (box) => {
      const { width, height } = size();
      k = Math.max(k, readable);
      x = width / 2 - (box.x + box.width / 2) * k;
      // The name stands at the top of a state: a tall one is shown from there.
      y = Math.max(height / 2 - (box.y + box.height / 2) * k, margin - box.y * k);
      if (box.height * k < height) y = height / 2 - (box.y + box.height / 2) * k;
      apply();
    },
    scale: () => k,
    stop: listen(frame, {
      zoomAt,
      move: (dx, dy) => {
        x += dx;
        y += dy;
        apply();
      },
      fit: () => zoom.fit(),
      by: (factor) => zoom.by(factor),
    }),
  };
  return zoom;
}

interface Moves {
  zoomAt(factor: number, x: number, y: number): void;
  move(dx: number, dy: number): void;
  fit(): void;
  by(factor: number): void;
}

function listen(frame: SVGSVGElement, moves: Moves): () => void {
  const over = new AbortController();
  const { signal } = over;
  frame.addEventListener('wheel', (event) => onWheel(event, frame, moves), { signal, passive: false });
  frame.addEventListener('keydown', (event) => onKey(event, moves), { signal });
  listenPointers(frame, moves, signal);
  return () => over.abort();
}

function onWheel(event: WheelEvent, frame: SVGSVGElement, moves: Moves): void {
  event.preventDefault();
  const { left, top } = frame.getBoundingClientRect();
  moves.zoomAt(Math.exp(-event.deltaY * 0.0015), event.clientX - left, event.clientY - top);
}

const step = 60;
const keys: { readonly [key: string]: (moves: Moves) => void } = {
  '+': (moves) => moves.by(1.25),
  '=': (moves) => moves.by(1.25),
  '-': (moves) => moves.by(0.8),
  '0': (moves) => moves.fit(),
  ArrowLeft: (moves) => moves.move(step, 0),
  ArrowRight: (moves) => moves.move(-step, 0),
  ArrowUp: (moves) => moves.move(0, step),
  ArrowDown: (moves) => moves.move(0, -step),
};

function onKey(event: KeyboardEvent, moves: Moves): void {
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act(moves);
}

/** One pointer drags, two pinch. */
function listenPointers(frame: SVGSVGElement, moves: Moves, signal: AbortSignal): void {
  const pointers = new Map<number, { readonly x: number; readonly y: number }>();
  frame.addEventListener(
    'pointerdown',
    (event) => {
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      frame.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  frame.addEventListener(
    'pointermove',
    (event) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      const now = { x: event.clientX, y: event.clientY };
      if (other === undefined) moves.move(now.x - before.x, now.y - before.y);
      else {
        const { left, top } = frame.getBoundingClientRect();
        const factor = distance(now, other) / Math.max(1, distance(before, other));
        moves.zoomAt(factor, (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
      }
      pointers.set(event.pointerId, now);
    },
    { signal },
  );
  for (const type of ['pointerup', 'pointercancel'] as const) {
    frame.addEventListener(type, (event) => pointers.delete(event.pointerId), { signal });
  }
}

function distance(
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
