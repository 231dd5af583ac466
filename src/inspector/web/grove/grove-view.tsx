/** The grove as this node knows it, and everything an operator can do about it. */
import { status } from '../data/node.ts';
import { Activity } from './activity.tsx';
import { Apps } from './apps.tsx';
import { Dialogs } from './dialogs.tsx';
import { Mappings } from './mappings.tsx';
import { MemberGraph } from './member-graph.tsx';
import { Members } from './members.tsx';
import { Outside } from './outside.tsx';
import { Params } from './params.tsx';
import { Problems } from './problems.tsx';
import { Summary } from './summary.tsx';

export function GroveView() {
  const known = status.value;
  if (known === null) return <p class="empty">Asking the node…</p>;
  return (
    <div class="grove">
      <Problems status={known} />
      {known.is_member ? (
        <>
          <div class="grove-top">
            <MemberGraph status={known} />
            <Summary status={known} />
          </div>
          <Members status={known} />
          <Params status={known} />
        </>
      ) : (
        <Outside status={known} />
      )}
      <Mappings />
      <Apps />
      <Activity />
      <Dialogs />
    </div>
  );
}
