/** `grove …`: starting, reading and changing the membership of a grove. */

import { hostname } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { decodeInvite, parseAddress } from '../../protocol/index.ts';
import {
  countedAnswer,
  groveStatusAnswer,
  inviteAnswer,
  joinedAnswer,
  membersAnswer,
  peersAnswer,
  read,
  seqAnswer,
} from '../answers.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { count, fields, safe, short, table } from '../output.ts';
import { groveSummary } from './grove-text.ts';

/** Every change can be made conditional, or hurried past the wait after a start. */
export interface ChangeOptions {
  readonly expectSeq?: number;
  readonly force?: true;
}

export function addChangeOptions(command: Command): Command {
  return command
    .addOption(new Option('--expect-seq <n>', 'refuse if another change came first').argParser(wholeNumber))
    .option('--force', 'publish now, without waiting after a start to hear what members hold');
}

export function changeParams({ expectSeq, force }: ChangeOptions): {
  expect_seq: number | undefined;
  force: true | undefined;
} {
  return { expect_seq: expectSeq, force };
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It must be a whole number.');
}

export function addGroveCommands(grove: Command, run: Run): void {
  grove
    .command('init')
    .description('start a grove that this node leads')
    .option('--label <label>', 'what members call this node (default: its hostname)')
    .addHelpText('after', example('seedling-ctl grove init --label head-office'))
    .action(run(init));
  grove
    .command('status')
    .description('how the node stands in its grove')
    .addHelpText('after', example('seedling-ctl grove status'))
    .action(run(status));
  grove
    .command('members')
    .description('who is in the grove')
    .addHelpText('after', example('seedling-ctl grove members'))
    .action(run(members));
  grove
    .command('peers')
    .description('the other members as this node reaches them')
    .addHelpText('after', example('seedling-ctl grove peers'))
    .action(run(peers));
  addMembershipCommands(grove, run);
}

function addMembershipCommands(grove: Command, run: Run): void {
  const invite = grove
    .command('invite')
    .description('let a node in; prints what to run on it (leader only)')
    .argument('<fingerprint>', "the new node's, as its seedling-ctl fingerprint prints it")
    .argument('<label>', 'what members will call it')
    .addHelpText('after', example('seedling-ctl grove invite 3fa2…e9 clinic-7'));
  addChangeOptions(invite).action(run(inviteMember));
  const revoke = grove
    .command('revoke')
    .description('put a member out of the grove (leader only)')
    .argument('<fingerprint>', '64 hex digits')
    .addHelpText('after', example('seedling-ctl grove revoke 3fa2…e9'));
  addChangeOptions(revoke).action(run(revokeMember));
  grove
    .command('join')
    .description('join the grove that an invite names')
    .argument('<invite-or-address>', 'what grove invite printed, or the address of a member')
    .argument('[inviter_fp]', 'with an address: the fingerprint of the node there')
    .argument('[leader_fp]', 'with an address: the fingerprint of the leader')
    .option('--accept-rollback', 'join even if the grove is behind what this node saw before it left')
    .addHelpText(
      'after',
      example(
        'seedling-ctl grove join grove1:eyJp…',
        'seedling-ctl grove join 192.0.2.7:7891 3fa2…e9 3fa2…e9',
      ),
    )
    .action(run(join));
  grove
    .command('leave')
    .description('leave the grove; this node forgets its members and params')
    .option('--force', 'leave although this node leads: nobody can publish afterwards')
    .addHelpText('after', example('seedling-ctl grove leave'))
    .action(run(leave));
  grove
    .command('accept-jump')
    .description("take a payload that waits because its number is far ahead; ask the leader's operator first")
    .argument('<seq>', 'its number, as grove status names it', wholeNumber)
    .addHelpText('after', example('seedling-ctl grove accept-jump 1048577'))
    .action(run(acceptJump));
}

async function init(context: CommandContext, { label }: { readonly label?: string }): Promise<void> {
  const { request, output } = context;
  const answer = await request('/grove/init', { label: label ?? hostname().slice(0, 64) });
  output.result(answer);
  if (output.json) return;
  output.line(`this node leads grove ${safe(read(joinedAnswer, answer).grove_id)}`);
  output.line('next: seedling-ctl grove invite FINGERPRINT LABEL');
  await warnIfUnreachable(context);
}

// i[impl ctl.loopback]
/** Nobody can join, or send anything to, a node that listens for itself alone: said when it matters. */
async function warnIfUnreachable({ request, output }: CommandContext): Promise<void> {
  const { problems } = read(groveStatusAnswer, await request('/grove/status'));
  const problem = problems.find(({ code }) => code === 'loopback-only');
  if (problem !== undefined) output.note(`${output.style.bad('warning:')} ${safe(problem.message, 2_000)}`);
}

async function status({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/grove/status');
  output.result(answer);
  if (output.json) return;
  const grove = read(groveStatusAnswer, answer);
  output.line(fields(groveSummary(grove)));
  for (const { message } of grove.problems)
    output.note(`${output.style.bad('problem:')} ${safe(message, 2_000)}`);
}

async function members({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/grove/members');
  output.result(answer);
  if (output.json) return;
  const rows = read(membersAnswer, answer).map(({ fingerprint, label }) => [fingerprint, label]);
  output.line(table(output.style, ['FINGERPRINT', 'LABEL'], rows));
}

async function peers({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/grove/peers');
  output.result(answer);
  if (output.json) return;
  const rows = read(peersAnswer, answer).map((peer) => [
    peer.label ?? '-',
    short(peer.fingerprint),
    peer.connected ? (peer.direction ?? 'linked') : 'no link',
    peer.seq === null ? '-' : String(peer.seq),
    peer.addresses[0] ?? '-',
    peer.connected
      ? ''
      : (peer.last_error ??
        (peer.last_connected_at === null ? 'never connected' : `last ${peer.last_connected_at}`)),
  ]);
  output.line(table(output.style, ['LABEL', 'FINGERPRINT', 'LINK', 'SEQ', 'ADDRESS', 'REMARK'], rows));
}

async function inviteMember(
  context: CommandContext,
  fingerprint: string,
  label: string,
  options: ChangeOptions,
): Promise<void> {
  const { request, output } = context;
  const answer = await request('/grove/invite', { fingerprint, label, ...changeParams(options) });
  output.result(answer);
  if (output.json) return;
  const { seq, members_count, invite } = read(inviteAnswer, answer);
  output.line(
    `invited ${safe(label)} (${short(fingerprint)}): ${count(members_count, 'member')}, seq ${seq}`,
  );
  if (invite === null)
    return output.note('the node could not make an invite: join with ADDR INVITER_FP LEADER_FP');
  output.line('on the new node run:');
  output.line(`  seedling-ctl grove join ${safe(invite, 16_384)}`);
  await warnIfUnreachable(context);
}

async function revokeMember(
  { request, output }: CommandContext,
  fingerprint: string,
  options: ChangeOptions,
): Promise<void> {
  const answer = await request('/grove/revoke', { fingerprint, ...changeParams(options) });
  output.result(answer);
  if (output.json) return;
  const { seq, members_count } = read(countedAnswer, answer);
  output.line(`revoked ${short(fingerprint)}: ${count(members_count, 'member')} left, seq ${seq}`);
}

async function join(
  context: CommandContext,
  inviteOrAddress: string,
  inviterFingerprint: string | undefined,
  leaderFingerprint: string | undefined,
  { acceptRollback }: { readonly acceptRollback?: true },
): Promise<void> {
  const { request, output } = context;
  const where = joinParams(inviteOrAddress, inviterFingerprint, leaderFingerprint);
  const answer = await request('/grove/join', { ...where, accept_rollback: acceptRollback });
  output.result(answer);
  if (output.json) return;
  const { grove_id, seq, leader_fp } = read(joinedAnswer, answer);
  output.line(`joined grove ${safe(grove_id)} at seq ${seq}, led by ${short(leader_fp)}`);
  await warnIfUnreachable(context);
}

/** An invite is checked here, before a node is asked: a bad copy is a mistake of the person who pasted it. */
function joinParams(
  first: string,
  inviter: string | undefined,
  leader: string | undefined,
): { [key: string]: string } {
  if (inviter !== undefined && leader !== undefined) {
    if (parseAddress(first) === null)
      throw usageError(`${first} is no address: give ADDR:PORT or [ADDR]:PORT`);
    return { address: first, inviter_fp: inviter, leader_fp: leader };
  }
  if (inviter !== undefined)
    throw usageError('with an address, give both the inviter and the leader fingerprint');
  const decoded = decodeInvite(first);
  if (!decoded.ok) throw usageError(`this is not a usable invite: ${decoded.reason.message}`);
  return { invite: first };
}

async function leave(
  { request, output }: CommandContext,
  { force }: { readonly force?: true },
): Promise<void> {
  output.result(await request('/grove/leave', { force }));
  output.line('left the grove');
}

async function acceptJump({ request, output }: CommandContext, seq: number): Promise<void> {
  const answer = await request('/grove/accept-jump', { seq });
  output.result(answer);
  if (output.json) return;
  output.line(`accepted: the grove is at seq ${read(seqAnswer, answer).seq}`);
}
