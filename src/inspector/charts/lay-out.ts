/** Places a described machine on a plane: sizes from the text, positions and routes from ELK, which the caller brings. */
import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs';
import type {
  Box,
  Chart,
  ChartLine,
  ChartState,
  ChartTransition,
  Drawing,
  DrawnEdge,
  DrawnMark,
  DrawnState,
  MachineDescription,
  Point,
} from './chart.ts';
import { anyHeight, anyWidth, gap, lineHeight, markSize, nameHeight, padding, textWidth } from './metrics.ts';

export async function layOut(description: MachineDescription, elk: Pick<ELK, 'layout'>): Promise<Chart> {
  const { name, title, about, delays, transitions, begins } = description;
  const full = await draw(description, elk, true);
  const outline = await draw(description, elk, false);
  return { name, title, about, delays, transitions, begins, full, outline };
}

interface Line {
  readonly text: string;
  readonly role: ChartLine['role'];
  readonly transition: number | null;
}

/** Transitions between the same two ends. An end is a state's path, or `any:` and the path of a level. */
interface Bundle {
  readonly from: string;
  readonly to: string;
  readonly transitions: readonly number[];
  readonly lines: readonly Line[];
}

const levelOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.spacing.nodeNode': String(gap),
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.mergeHierarchyEdges': 'false',
  'elk.edgeLabels.placement': 'CENTER',
  'elk.json.edgeCoords': 'ROOT',
} as const;

async function draw(
  description: MachineDescription,
  elk: Pick<ELK, 'layout'>,
  full: boolean,
): Promise<Drawing> {
  const bundles = bundlesOf(description.transitions, full);
  const lines = new Map<string, readonly Line[]>();
  const graph = nodeOf(description.root, { full, lines, bundles, transitions: description.transitions });
  const placed: ElkNode = await elk.layout({
    id: 'chart',
    layoutOptions: { ...levelOptions, 'elk.padding': `[top=0,left=0,bottom=0,right=0]` },
    children: [graph],
    edges: [...bundles.map(edgeOf), ...initialEdges(description.root)],
  });
  const boxes = absoluteBoxes(placed);
  return {
    width: Math.ceil(placed.width ?? 0),
    height: Math.ceil(placed.height ?? 0),
    states: statesOf(description.root, boxes, lines, 0),
    marks: marksOf(boxes),
    edges: edgesOf(placed.edges ?? [], bundles),
  };
}

/** A self-contained level starts its own transitions at a mark inside it, so that arrows never cross their own source. */
function startOf(source: string, target: string): string {
  const within = source === '' || target === source || target.startsWith(`${source}.`);
  return within && target !== source ? `any:${source}` : source;
}

function bundlesOf(transitions: readonly ChartTransition[], full: boolean): readonly Bundle[] {
  const bundles = new Map<string, { from: string; to: string; transitions: number[]; lines: Line[] }>();
  transitions.forEach((transition, index) => {
    for (const target of transition.targets) {
      const from = startOf(transition.source, target);
      const key = `${from} ${target}`;
      const bundle = bundles.get(key) ?? { from, to: target, transitions: [], lines: [] };
      bundles.set(key, bundle);
      bundle.transitions.push(index);
      bundle.lines.push(...linesOf(transition, index, full));
    }
  });
  return [...bundles.values()];
}

function linesOf(transition: ChartTransition, index: number, full: boolean): readonly Line[] {
  const { trigger, guard, actions } = transition;
  const condition = guard === '' ? '' : `[${guard}]`;
  const head = [trigger, condition].filter((part) => part !== '').join(' ');
  const short = [head, actions.length === 0 || !full ? '' : `/ ${actions.join(', ')}`]
    .filter((part) => part !== '')
    .join(' ');
  if (short.length <= wrapCharacters) return [{ text: short, role: 'trigger', transition: index }];
  return [
    { text: head, role: 'trigger', transition: index },
    ...(full
      ? wrapped(actions, '  / ').map((text): Line => ({ text, role: 'actions', transition: index }))
      : []),
  ];
}

const wrapCharacters = 38;

/** A list of names over as many lines as it takes. */
function wrapped(names: readonly string[], lead: string): readonly string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 2 <= wrapCharacters)
      lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(`${lines.length === 0 ? lead : '    '}${name}`);
  }
  return lines;
}

type Size = Pick<Box, 'width' | 'height'>;

interface Plan {
  readonly full: boolean;
  readonly lines: Map<string, readonly Line[]>;
  readonly bundles: readonly Bundle[];
  readonly transitions: readonly ChartTransition[];
}

function nodeOf(state: ChartState, plan: Plan): ElkNode {
  const lines = plan.full ? notesOf(state, plan.transitions) : [];
  plan.lines.set(state.path, lines);
  const notes = {
    width: Math.max(0, ...lines.map(({ text }) => textWidth(text))) + 2 * padding,
    height: lines.length * lineHeight,
  };
  const nameWidth = textWidth(state.name) + 8 + 2 * padding;
  if (state.states.length === 0) {
    const height = nameHeight + notes.height + (lines.length === 0 ? 4 : padding);
    return { id: idOf(state.path), width: Math.max(nameWidth, notes.width), height };
  }
  return {
    id: idOf(state.path),
    layoutOptions: {
      ...levelOptions,
      'elk.padding': `[top=${nameHeight + 8},left=${gap - 4},bottom=${gap - 4},right=${gap - 4}]`,
    },
    children: [
      ...insides(state, plan, lines.length === 0 ? null : notes),
      ...state.states.map((child) => nodeOf(child, plan)),
    ],
  };
}

/** What a level holds beside its states. Notes are a node like any other, so that arrows go around them. */
function insides(state: ChartState, plan: Plan, notes: Size | null): readonly ElkNode[] {
  const hasOwn = plan.bundles.some(({ from }) => from === `any:${state.path}`);
  return [
    ...(notes === null
      ? []
      : [
          {
            id: `notes:${state.path}`,
            ...notes,
            layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' },
          },
        ]),
    ...(state.kind === 'compound'
      ? [{ id: `initial:${state.path}`, width: markSize, height: markSize }]
      : []),
    ...(hasOwn ? [{ id: `any:${state.path}`, width: anyWidth, height: anyHeight }] : []),
  ];
}

/** What stands in a state's box: who runs there, what happens at its ends, what it hears without leaving. */
function notesOf(state: ChartState, transitions: readonly ChartTransition[]): readonly Line[] {
  const note = (text: string): Line => ({ text, role: 'note', transition: null });
  return [
    ...state.invokes.map((actor) => note(`runs ${actor}`)),
    ...wrapped(state.entry, 'entry / ').map(note),
    ...wrapped(state.exit, 'exit / ').map(note),
    ...state.stays.flatMap((stay) => linesOf(stay, transitions.indexOf(stay), true)),
  ];
}

function edgeOf(bundle: Bundle, index: number): ElkExtendedEdge {
  const width = Math.max(...bundle.lines.map(({ text }) => textWidth(text))) + 8;
  return {
    id: `edge:${index}`,
    sources: [idOf(bundle.from)],
    targets: [idOf(bundle.to)],
    labels: [{ id: `label:${index}`, text: 'label', width, height: bundle.lines.length * lineHeight + 4 }],
  };
}

function initialEdges(state: ChartState): readonly ElkExtendedEdge[] {
  const first = state.kind === 'compound' ? state.states.find(({ initial }) => initial) : undefined;
  return [
    ...(first === undefined
      ? []
      : [
          {
            id: `begin:${state.path}`,
            sources: [`initial:${state.path}`],
            targets: [idOf(first.path)],
            layoutOptions: { 'elk.layered.priority.straightness': '10' },
          },
        ]),
    ...state.states.flatMap(initialEdges),
  ];
}

function idOf(path: string): string {
  return path.startsWith('any:') ? path : `state:${path}`;
}

function absoluteBoxes(graph: ElkNode): ReadonlyMap<string, Box> {
  const boxes = new Map<string, Box>();
  const visit = (node: ElkNode, offset: Point): void => {
    const x = offset.x + (node.x ?? 0);
    const y = offset.y + (node.y ?? 0);
    boxes.set(node.id, { x, y, width: node.width ?? 0, height: node.height ?? 0 });
    for (const child of node.children ?? []) visit(child, { x, y });
  };
  visit(graph, { x: 0, y: 0 });
  return boxes;
}

function statesOf(
  state: ChartState,
  boxes: ReadonlyMap<string, Box>,
  lines: ReadonlyMap<string, readonly Line[]>,
  depth: number,
): readonly DrawnState[] {
  const box = rounded(boxOf(boxes, idOf(state.path)));
  const { path, name, kind } = state;
  const corner = boxes.get(`notes:${path}`) ?? { x: box.x, y: box.y + nameHeight };
  const notes = (lines.get(path) ?? []).map((line, index) => ({
    ...line,
    x: Math.round(corner.x) + padding,
    y: Math.round(corner.y) + (index + 1) * lineHeight - 3,
  }));
  return [
    { ...box, path, name, kind, depth, lines: notes },
    ...state.states.flatMap((child) => statesOf(child, boxes, lines, depth + 1)),
  ];
}

function marksOf(boxes: ReadonlyMap<string, Box>): readonly DrawnMark[] {
  return [...boxes].flatMap(([id, box]): readonly DrawnMark[] => {
    const [, kind, path = ''] = /^(initial|any):(.*)$/.exec(id) ?? [];
    return kind === 'initial' || kind === 'any' ? [{ ...rounded(box), kind, path }] : [];
  });
}

function edgesOf(placed: readonly ElkExtendedEdge[], bundles: readonly Bundle[]): readonly DrawnEdge[] {
  return placed.map((edge) => {
    const bundle = bundles[Number(/^edge:(\d+)$/.exec(edge.id)?.[1] ?? -1)];
    const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
      startPoint,
      ...bendPoints,
      endPoint,
    ]);
    const label = edge.labels?.[0];
    const box =
      label === undefined
        ? null
        : rounded({ x: label.x ?? 0, y: label.y ?? 0, width: label.width ?? 0, height: label.height ?? 0 });
    return {
      from: bundle?.from ?? edge.sources[0] ?? '',
      to: bundle?.to ?? edge.targets[0]?.replace('state:', '') ?? '',
      points: points.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) })),
      label: box,
      lines: (bundle?.lines ?? []).map((line, index) => ({
        ...line,
        x: (box?.x ?? 0) + 4,
        y: (box?.y ?? 0) + 2 + (index + 1) * lineHeight - 4,
      })),
      transitions: bundle?.transitions ?? [],
    };
  });
}

function boxOf(boxes: ReadonlyMap<string, Box>, id: string): Box {
  const box = boxes.get(id);
  if (box === undefined) throw new Error(`the layout lost ${id}`);
  return box;
}

function rounded({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.ceil(width), height: Math.ceil(height) };
}
