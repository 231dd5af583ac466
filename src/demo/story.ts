/** What the demo shows, step by step: a grove is founded, joined and changed, and a member that was away catches up. */
import type { Json } from '../protocol/types.ts';
import type { DemoNode } from './demo-node.ts';
import type { Report } from './report.ts';
import { readMember, type StoryResult } from './result.ts';

export interface Cast {
  readonly leader: DemoNode;
  readonly second: DemoNode;
  readonly third: DemoNode;
}

/** Throws `DemoError` when a step fails or takes too long. */
export async function tellStory(cast: Cast, report: Report, publishes: number): Promise<StoryResult> {
  const nodes = [cast.leader, cast.second, cast.third];
  await Promise.all(nodes.map((node) => node.start()));
  report.cast(nodes);
  await gather(cast, report);
  const latencies = await change(cast, report, publishes);
  await follow(cast, report);
  await missAChange(cast, report);
  const members = await Promise.all(nodes.map(readMember));
  return { publishes, latencies, members };
}

async function gather({ leader, second, third }: Cast, report: Report): Promise<void> {
  report.why('The first node founds a grove and leads it: from now on, only what it signs counts.');
  await step(report, leader, ['grove', 'init', '--label', leader.name], [leader]);

  report.why(
    'It adds a member, by the fingerprint of the key. The answer is an invite, no secret, to paste there.',
  );
  const invited = await step(report, leader, ['grove', 'invite', second.fingerprint, second.name], [leader]);

  report.why('The new node learns from the invite whom to ask, and whose signature to believe.');
  await step(report, second, ['grove', 'join', inviteOf(invited)], [leader, second]);

  report.why('The same for a third. Told by the first where the second is, it links to that as well.');
  const again = ['grove', 'invite', third.fingerprint, third.name];
  const alsoInvited = await step(report, leader, again, [leader, second]);
  await step(report, third, ['grove', 'join', inviteOf(alsoInvited)], [leader, second, third]);
  await third.linked([leader, second]);
}

/** Resolves with the milliseconds each of the timed changes took. */
async function change(
  { leader, second, third }: Cast,
  report: Report,
  publishes: number,
): Promise<readonly number[]> {
  const all = [leader, second, third];
  report.why('One change, and every node has it, each having checked the signature itself.');
  await step(report, leader, setGreeting('kia ora'), all);

  const latencies: number[] = [];
  for (let count = 1; count <= publishes; count += 1) {
    latencies.push((await timed(leader, setGreeting(`kia ora ${count}`), all)).ms);
  }
  report.publishes(latencies);
  return latencies;
}

/** What the command does: it writes down that it ran, and why. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
const signScript = 'echo "$REASON: ${OLD_VALUE:-nothing} -> $NEW_VALUE" >> "$0"';

/** On each member an app follows the setting. */
async function follow({ second, third }: Cast, report: Report): Promise<void> {
  report.why('On each member an app follows the setting: its command runs now, and whenever it changes.');
  for (const node of [second, third]) {
    const command = JSON.stringify(['/bin/sh', '-c', signScript, node.signFile]);
    await node.run(['apps', 'create', 'sign', '--param', 'text', '--on-change', command]);
    if (node === second) report.told(node, 'seedling-ctl apps create sign --param text --on-change …', '');
    const map = ['grove', 'map', 'sign', 'text', 'greeting'];
    const line = await node.told(seqOf(await node.run(map)));
    report.told(node, ['seedling-ctl', ...map].join(' '), line);
  }
}

/** The third node misses a change and gets it from the second, while the only node that can sign is off. */
async function missAChange({ leader, second, third }: Cast, report: Report): Promise<void> {
  report.why(`${third.name} is switched off and misses a change. Then the leader goes off too.`);
  await third.stop();
  const missed = await step(report, leader, setGreeting('mōrena'), [leader, second]);
  report.told(second, '', await second.told(seqOf(missed)));
  await leader.stop();

  report.why(`${third.name} comes back and gets the change from ${second.name}, which need not be trusted.`);
  const before = performance.now();
  await third.start();
  const at = await third.applied(seqOf(missed));
  report.command(third, ['seedlingd'], { seq: seqOf(missed), reached: 2, ms: at - before });
  report.told(third, '', await third.told(seqOf(missed)));

  await leader.start();
  // A leader that has just started publishes once it heard from its members; the person should not have to wait.
  await leader.linked([second, third]);
}

function setGreeting(value: string): readonly string[] {
  return ['grove', 'param', 'set', 'greeting', value];
}

/** Runs one command, shows it, and resolves with the answer once `reached` have the result. */
async function step(
  report: Report,
  node: DemoNode,
  words: readonly string[],
  reached: readonly DemoNode[],
): Promise<Json> {
  const { answer, seq, ms } = await timed(node, words, reached);
  report.command(node, ['seedling-ctl', ...words], { seq, reached: reached.length, ms });
  return answer;
}

async function timed(
  node: DemoNode,
  words: readonly string[],
  reached: readonly DemoNode[],
): Promise<{ readonly answer: Json; readonly seq: number; readonly ms: number }> {
  const before = performance.now();
  const answer = await node.run(words);
  const seq = seqOf(answer);
  const arrivals = await Promise.all(reached.map((other) => other.applied(seq)));
  return { answer, seq, ms: Math.max(...arrivals) - before };
}

function seqOf(answer: Json): number {
  return Number(field(answer, 'seq'));
}

function inviteOf(answer: Json): string {
  return String(field(answer, 'invite'));
}

function field(answer: Json, name: string): Json | undefined {
  return typeof answer === 'object' && answer !== null && !Array.isArray(answer)
    ? (answer as { readonly [name: string]: Json })[name]
    : undefined;
}
