/** States, kinds and events as an operator would say them. */
import type { EventRecord, GroveState, GroveStatus, Json } from '../../contract.ts';
import { nameOf } from './node.ts';

const states: { readonly [State in GroveState]: { readonly word: string; readonly tone: Tone } } = {
  outside: { word: 'in no grove', tone: 'quiet' },
  joining: { word: 'joining', tone: 'busy' },
  following: { word: 'following', tone: 'good' },
  leading: { word: 'leading', tone: 'good' },
  'suspected-revoked': { word: 'perhaps removed', tone: 'bad' },
  revoked: { word: 'removed', tone: 'bad' },
  degraded: { word: 'cannot write', tone: 'bad' },
};

export type Tone = 'good' | 'busy' | 'bad' | 'quiet';

export function stateWords(status: GroveStatus): { readonly word: string; readonly tone: Tone } {
  return states[status.state] ?? { word: status.state, tone: 'quiet' };
}

/** One line about an event. Unknown ones are shown with their data. */
export function eventWords({ type, data }: EventRecord): string {
  const text = (name: string): string => wordOf(data[name]);
  const node = (name: string): string => (typeof data[name] === 'string' ? nameOf(data[name]) : 'a node');
  switch (type) {
    case 'grove.payload-received':
      return `Number ${text('seq')} came from ${node('peer_fp')}`;
    case 'grove.payload-applied':
      return `Number ${text('seq')} is in force${changedWords(data)}`;
    case 'grove.payload-rejected':
      return `A payload from ${node('peer_fp')} was refused: ${text('reason')}`;
    case 'grove.publish-rejected':
      return `A change was refused: ${text('reason')}`;
    case 'grove.peer-connected':
      return `Linked with ${node('fp')} (${text('direction')}, ${text('address')})`;
    case 'grove.peer-disconnected':
      return `Link with ${node('fp')} ended: ${text('reason')}`;
    case 'grove.member-revoked':
      return `${node('fp')} was removed from the grove`;
    case 'grove.fork-detected':
      return `The leader signed two payloads under number ${text('seq')}`;
    case 'grove.identity-conflict':
      return `Two processes use the key of ${node('fp')}`;
    case 'grove.leader-state-recovered':
      return `The leader found its own newer number ${text('seq')} and goes on from there`;
    case 'grove.joined':
      return `Joined the grove of ${node('leader_fp')} at number ${text('seq')}`;
    case 'grove.left':
      return 'Left the grove';
    case 'grove.store-degraded':
      return `Writing failed: ${text('detail')}`;
    case 'grove.store-recovered':
      return 'Writing works again';
    case 'grove.param-applied':
      return `${text('app')}: ${text('app_param')} follows ${text('grove_param')} (number ${text('seq')})`;
    case 'grove.param-deferred':
      return `${text('app')}: ${text('app_param')} waits: ${text('reason')}`;
    default:
      return (
        appWords(type, text) ??
        `${type} ${Object.entries(data)
          .map(([name, value]) => `${name} ${wordOf(value)}`)
          .join(', ')}`
      );
  }
}

/** Events of local apps; null for any other. */
function appWords(type: string, text: (name: string) => string): string | null {
  switch (type) {
    case 'grove.mapping-created':
      return `${text('app')}: ${text('app_param')} follows ${text('grove_param')} from now on`;
    case 'grove.mapping-removed':
      return `${text('app')}: ${text('app_param')} no longer follows ${text('grove_param')}`;
    case 'AppRegistered':
      return `The app ${text('app')} was created`;
    case 'AppDeregistered':
      return `The app ${text('app')} was removed`;
    case 'ParamSet':
      return `${text('app')}: ${text('param')} was set`;
    case 'ParamUnset':
      return `${text('app')}: ${text('param')} was unset`;
    case 'OperationStarted':
      return `${text('app')}: ${text('kind')} begins (${text('reason')})`;
    case 'OperationFinished':
      return `${text('app')}: ${text('kind')} ${text('outcome')} after ${text('duration_ms')} ms`;
    default:
      return null;
  }
}

function changedWords(data: { readonly [name: string]: Json }): string {
  const changed = data.params_changed;
  const names = Array.isArray(changed) ? changed.map(wordOf) : [];
  const parts = [
    ...(names.length === 0 ? [] : [names.slice(0, 4).join(', ') + (names.length > 4 ? ', …' : '')]),
    ...(data.members_changed === true ? ['members'] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(' and ')} changed`;
}

function wordOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '?';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
