/** The charts that the build laid out, fetched once and only when a view shows them. */
import { signal } from '@preact/signals';
import type { Chart } from '../../charts/index.ts';
import { fetchJson } from './request.ts';

export const charts = signal<readonly Chart[]>([]);
export const chartsProblem = signal<string | null>(null);

let loading: Promise<void> | null = null;

export function loadCharts(): Promise<void> {
  loading ??= load();
  return loading;
}

export function chartOf(machine: string | null): Chart | null {
  return charts.value.find(({ name }) => name === machine) ?? null;
}

async function load(): Promise<void> {
  const answer = await fetchJson<readonly Chart[]>('/charts.json');
  if (answer.ok) charts.value = answer.value;
  else {
    chartsProblem.value = answer.refusal.message;
    loading = null;
  }
}
