/** For each publish, when each linked peer had it: a plot, and the same as a table. */
import '../styles/convergence.css';
import { publishes } from '../data/convergence.ts';
import { about, members, nameOf, peers } from '../data/node.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Section } from '../parts/section.tsx';
import { clockText } from '../parts/time.tsx';
import { delaysOf, durationWords, type PublishDelays } from './delays.ts';
import { Plot } from './plot.tsx';

const rowsShown = 12;

export function ConvergenceView() {
  const list = publishes.value.map(delaysOf);
  const known = [...new Set(list.flatMap(({ delays }) => [...delays.keys()]))];
  const own = about.value?.fingerprint ?? '';
  // This node first, then the members by name; whoever is no member any more comes last.
  const rank = (node: string): number =>
    node === own ? 0 : members.value.some(({ fingerprint }) => fingerprint === node) ? 1 : 2;
  const nodes = known.toSorted((a, b) => rank(a) - rank(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  return (
    <div class="convergence">
      <Section title="How a publish spreads" id="spread">
        <p class="lead">
          Each point is a node that has a number of the grove: how long after the first sign of that number,
          as this node saw it. A peer's time includes the way its word took to get here.
        </p>
        {list.length === 0 ? (
          <p class="empty">
            No publish was seen since a page was open. Set a parameter on the leader and watch{' '}
            {peers.value.length === 0 ? 'it' : 'the peers'} follow.
          </p>
        ) : (
          <Plot list={list} nodes={nodes} own={own} />
        )}
      </Section>
      {list.length > 0 && (
        <Section title="The newest publishes" id="publishes">
          <DelayTable list={list.slice(-rowsShown).reverse()} nodes={nodes} />
        </Section>
      )}
    </div>
  );
}

function DelayTable({
  list,
  nodes,
}: {
  readonly list: readonly PublishDelays[];
  readonly nodes: readonly string[];
}) {
  const own = about.value?.fingerprint;
  return (
    <ScrollBox class="scroll-x" label="Delays of each node">
      <table class="rows delays-table">
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col">First seen</th>
            {nodes.map((fingerprint) => (
              <th key={fingerprint} scope="col">
                {nameOf(fingerprint)}
                {fingerprint === own && <small> this node</small>}
              </th>
            ))}
            <th scope="col">Slowest</th>
          </tr>
        </thead>
        <tbody>
          {list.map(({ seq, firstAt, delays, slowestMs }, place) => (
            // A row is a place: a new publish changes what the rows say, and moves none of them.
            <tr key={place} data-publish={seq}>
              <th scope="row" class="tabular">
                no. {seq}
              </th>
              <td data-label="First seen" class="tabular">
                {clockText(firstAt)}
              </td>
              {nodes.map((fingerprint) => (
                <td key={fingerprint} data-label={nameOf(fingerprint)} class="tabular">
                  {durationWords(delays.get(fingerprint))}
                </td>
              ))}
              <td data-label="Slowest" class="tabular">
                {durationWords(slowestMs)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
