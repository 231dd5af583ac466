/** How a grove's state reads. Shared by `status` and `grove status`. */
import type { GroveStatusAnswer } from '../answers.ts';
import { count } from '../output.ts';

type Field = readonly [name: string, value: string | number];

export function groveSummary(status: GroveStatusAnswer): readonly Field[] {
  if (!status.is_member) {
    return [['grove', status.state === 'outside' ? 'none' : status.state]];
  }
  return [
    ['grove', status.grove_id],
    ['state', status.state],
    ['role', status.role],
    ['leader', status.leader_fp],
    ['seq', `${status.current_seq}, published ${status.created_at}`],
    ['holds', `${count(status.members_count, 'member')}, ${count(status.params_count, 'param')}`],
    ['linked', count(status.connected_peers, 'peer')],
  ];
}
