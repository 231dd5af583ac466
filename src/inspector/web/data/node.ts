/** What the page knows of its node and the grove: read again whenever an event says that something changed. */
import { batch, computed, signal } from '@preact/signals';
import type {
  About,
  EventRecord,
  FeedFrame,
  GroveStatus,
  HistoryEntry,
  Json,
  OperatorRefusal,
  PeerStatus,
  RequestActor,
} from '../../contract.ts';
import { onFrame, rememberEvent, subscribe } from './feed.ts';
import { askAbout, request } from './request.ts';

export interface Member {
  readonly fingerprint: string;
  readonly label: string;
}
export interface Param {
  readonly name: string;
  readonly kind: string;
  readonly value: string;
  readonly version_seq: number;
}
/** With who asked for it, where the node knows. */
export type History = HistoryEntry & { readonly actor?: RequestActor | null };
export interface Mapping {
  readonly app: string;
  readonly app_param: string;
  readonly grove_param: string;
  readonly state: string;
  readonly applied_seq: number | null;
  readonly last_error: string | null;
}

export interface ServerStatus {
  readonly version: string;
  readonly hostname: string;
  readonly uptime_secs: number;
  readonly listen: readonly string[];
  readonly grove: GroveStatus;
}
/** The rest of an app's fields differ; what is shown is read with care. */
export type App = { readonly [field: string]: Json };

export const about = signal<About | null>(null);
export const aboutRefusal = signal<OperatorRefusal | null>(null);
export const status = signal<GroveStatus | null>(null);
export const members = signal<readonly Member[]>([]);
export const peers = signal<readonly PeerStatus[]>([]);
export const params = signal<readonly Param[]>([]);
export const history = signal<readonly History[]>([]);
export const mappings = signal<readonly Mapping[]>([]);
/** Newest first, bounded. */
export const events = signal<readonly EventRecord[]>([]);
export const server = signal<ServerStatus | null>(null);
export const apps = signal<readonly App[]>([]);

const eventsMax = 200;
const historyMax = 100;
const refreshMs = 5_000;
const settleMs = 40;

export function can(method: string): boolean {
  return about.value?.methods.includes(method) ?? false;
}

export async function loadAbout(): Promise<boolean> {
  const answer = await askAbout();
  batch(() => {
    about.value = answer.ok ? answer.value : null;
    aboutRefusal.value = answer.ok ? null : answer.refusal;
  });
  return answer.ok;
}

/** Keeps everything above fresh until the returned function is called. */
export function followNode(): () => void {
  const stops = [onFrame(takeFrame), subscribe('events')];
  const timer = setInterval(() => {
    if (!document.hidden) refreshSoon();
  }, refreshMs);
  refreshSoon();
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}

function takeFrame(frame: FeedFrame): void {
  // A peer that reaches a number changes its row, and no event says so.
  if (frame.type === 'reached') refreshSoon();
  if (frame.type !== 'events') return;
  const fresh = frame.events.filter((event): event is EventRecord => 'id' in event);
  const last = fresh.at(-1);
  if (last !== undefined) rememberEvent(last.id);
  events.value = [...fresh.toReversed(), ...events.value].slice(0, eventsMax);
  refreshSoon();
}

let refreshing: Promise<void> | null = null;
let again = false;
let isDue = false;

/** Several events at once are one refresh. */
function refreshSoon(): void {
  // Once the session is over nothing is answered any more.
  if (isDue || aboutRefusal.value !== null) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    void refresh();
  }, settleMs);
}

/** Resolves when everything was read after the call began. */
export async function refresh(): Promise<void> {
  if (refreshing !== null) {
    again = true;
    await refreshing;
    return;
  }
  refreshing = readAll();
  await refreshing;
  refreshing = null;
  if (again) {
    again = false;
    await refresh();
  }
}

async function readAll(): Promise<void> {
  const answer = await request<ServerStatus>('/server/status');
  if (!answer.ok) {
    if (answer.refusal.code === 'unauthorized') aboutRefusal.value = answer.refusal;
    return;
  }
  const { grove } = answer.value;
  const [memberList, peerList, paramList, historyList, mappingList, appList] = await Promise.all([
    grove.is_member ? request<Member[]>('/grove/members') : none,
    grove.is_member ? request<PeerStatus[]>('/grove/peers') : none,
    grove.is_member ? request<Param[]>('/grove/params') : none,
    grove.is_member ? request<History[]>('/grove/history', { limit: historyMax }) : none,
    grove.is_member && can('/grove/mappings') ? request<Mapping[]>('/grove/mappings') : none,
    can('/apps/list') ? request<App[]>('/apps/list') : none,
  ]);
  batch(() => {
    server.value = answer.value;
    status.value = grove;
    if (memberList.ok) members.value = memberList.value;
    if (peerList.ok) peers.value = peerList.value;
    if (paramList.ok) params.value = paramList.value;
    if (historyList.ok) history.value = historyList.value;
    if (mappingList.ok) mappings.value = mappingList.value;
    if (appList.ok) apps.value = appList.value;
  });
}

const none = { ok: true as const, value: [] };

/** This node's label; outside of any grove, or removed from it, the name of its machine. */
export function ownName(): string {
  const { fingerprint, hostname } = about.value ?? { fingerprint: '', hostname: '' };
  return members.value.find((member) => member.fingerprint === fingerprint)?.label ?? hostname;
}

/** What people call a node: its label, also when it is no member any more, or the beginning of its fingerprint. */
export function nameOf(fingerprint: string): string {
  const label = members.value.find((member) => member.fingerprint === fingerprint)?.label;
  return label ?? formerLabels.value.get(fingerprint) ?? fingerprint.slice(0, 8);
}

const formerLabels = computed(
  () =>
    new Map(
      history.value.flatMap(({ changes }) =>
        changes.flatMap((change) =>
          'fingerprint' in change ? [[change.fingerprint, change.label] as const] : [],
        ),
      ),
    ),
);
