/** Parameters of local apps that follow the grove's, and what waits to be carried out. */
import { can, type Mapping, mappings, params } from '../data/node.ts';
import { Icon } from '../parts/icon.tsx';
import { Section } from '../parts/section.tsx';
import { openDialog } from './dialog-state.ts';

const words: { readonly [state: string]: { readonly word: string; readonly tone: string } } = {
  'in-sync': { word: 'follows', tone: 'good' },
  pending: { word: 'waits', tone: 'busy' },
  applying: { word: 'is being applied', tone: 'busy' },
  failed: { word: 'failed', tone: 'bad' },
  incompatible: { word: 'value does not fit', tone: 'bad' },
};

export function Mappings() {
  if (!can('/grove/mappings')) return null;
  return (
    <Section
      title="Bound to apps"
      id="mappings"
      count={mappings.value.length}
      actions={
        can('/grove/map') && (
          <button
            type="button"
            disabled={params.value.length === 0}
            onClick={() => (openDialog.value = { kind: 'map', app: null })}
          >
            <Icon name="plus" /> Bind…
          </button>
        )
      }
    >
      {mappings.value.length === 0 ? (
        <p class="empty">No app on this node follows a parameter of the grove.</p>
      ) : (
        <table class="rows steady">
          <thead>
            <tr>
              <th scope="col">App</th>
              <th scope="col">Its parameter</th>
              <th scope="col">Follows</th>
              <th scope="col">State</th>
              <th scope="col" class="number-column">
                Applied
              </th>
              <th scope="col">Last error</th>
              <th scope="col" class="action-column">
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {mappings.value.map((mapping) => (
              <MappingRow key={`${mapping.app} ${mapping.app_param}`} mapping={mapping} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function MappingRow({ mapping }: { readonly mapping: Mapping }) {
  const { app, app_param, grove_param, state, applied_seq, last_error } = mapping;
  const { word, tone } = words[state] ?? { word: state, tone: 'quiet' };
  return (
    <tr>
      <th scope="row">{app}</th>
      <td data-label="Its parameter">{app_param}</td>
      <td data-label="Follows">{grove_param}</td>
      <td data-label="State">
        <span class={`chip ${tone}`}>{word}</span>
      </td>
      <td data-label="Applied" class="tabular">
        {applied_seq === null ? <span class="faint">never</span> : `no. ${applied_seq}`}
      </td>
      <td data-label="Last error" class="error-cell">
        {last_error ?? <span class="faint">none</span>}
      </td>
      <td class="actions-cell">
        {can('/grove/unmap') && (
          <button
            type="button"
            class="quiet-danger"
            aria-label={`Release ${app_param} of ${app}`}
            onClick={() => (openDialog.value = { kind: 'unmap', mapping })}
          >
            Release…
          </button>
        )}
      </td>
    </tr>
  );
}
