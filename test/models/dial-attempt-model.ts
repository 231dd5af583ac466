/** A race over no address, one, three and more than are dialled, and what each of them may answer. */
import { enqueueActions } from 'xstate';
import { dialAttemptMachine } from '../../machines/index.ts';
import { type AttemptMemory, beginAttempt, judgeAttempt, kindsOf, outputOf } from './dial-attempt-oracle.ts';
import { redefined, state } from './mistakes.ts';
import type { Model } from './model.ts';

type AttemptMachine = typeof dialAttemptMachine;

function inputOf(...addresses: readonly string[]) {
  return { attempt: 'dial.a', targets: addresses.map((address) => ({ address, fingerprint: 'a' })) };
}

const many = Array.from({ length: 18 }, (_, index) => `${index}`);

export const dialAttemptModel: Model<AttemptMachine, AttemptMemory> = {
  machine: dialAttemptMachine,
  starts: [
    { name: 'nowhere to dial', input: inputOf() },
    { name: 'one address', input: inputOf('x') },
    { name: 'three addresses, one twice', input: inputOf('x', 'y', 'x', 'z') },
    { name: 'more than are dialled', input: inputOf(...many), only: /^planned|^after/ },
  ],
  alphabet: ({ surroundings: { children, gone } }) =>
    [...children, ...gone]
      .map(({ id }) => id.replace('address.', ''))
      .flatMap((address) => [
        {
          label: `${address} connects`,
          event: { type: 'address.connected' as const, linkId: `to ${address}`, address },
        },
        ...['refused', 'wrong_fingerprint'].map((kind) => ({
          label: `${address} fails: ${kind}`,
          event: { type: 'address.failed' as const, address, kind, code: null, detail: '' },
        })),
      ]),
  view: ({ context, output }) => ({
    dialled: context.started,
    failures: kindsOf(context.failures),
    output: output === undefined ? null : shortOf(output),
  }),
  matters: () => null,
  oracle: {
    begin: ({ input }, { rows, after }) => beginAttempt(input, rows, after),
    judge: judgeAttempt,
    view: (memory) => ({ dialled: memory.dialled, failures: memory.failures, output: outputOf(memory) }),
  },
  statesMax: 2_000,
  unreachable: {},
  mutants: [
    {
      mistake: 'all addresses are dialled at once',
      machine: redefined(dialAttemptMachine, (root) => {
        state(root, 'racing').entry = ['startNext', 'startNext'];
      }),
      complaint: /should dial x/,
    },
    {
      mistake: 'a failure does not let the next one go',
      machine: redefined(dialAttemptMachine, (root) => {
        const racing = state(root, 'racing');
        racing.on['address.failed'] = [
          { guard: 'isLastToFail', target: 'failed', actions: 'noteFailure' },
          { guard: 'isAwaited', actions: 'noteFailure' },
        ];
      }),
      complaint: /should dial y/,
    },
    {
      mistake: 'the race is lost when any address fails',
      machine: dialAttemptMachine.provide({ guards: { isLastToFail: () => true } }),
      complaint: /should/,
    },
    {
      mistake: 'a failed dial stays among the actors',
      machine: dialAttemptMachine.provide({
        actions: {
          noteFailure: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'address.failed') return;
            const { address, kind, code, detail } = event;
            enqueue.assign({ failures: [...context.failures, { address, kind, code, detail }] });
          }),
        },
      }),
      complaint: /run, should be/,
    },
    {
      mistake: 'an attempt has no end',
      machine: redefined(dialAttemptMachine, (root) => {
        state(root, 'racing').after = {};
      }),
      complaint: /has an end/,
    },
  ],
};

function shortOf(
  output: NonNullable<ReturnType<typeof dialAttemptMachine.getInitialSnapshot>['output']>,
): unknown {
  if (output.outcome === 'failed') return { outcome: 'failed', attempts: kindsOf(output.attempts) };
  const { outcome, address, linkId } = output;
  return { outcome, address, linkId };
}
