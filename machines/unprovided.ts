/**
 * Actor logic a machine names but does not have. Whoever creates the system provides it; forgetting to is an error
 * at once, where XState alone would drop an unknown source in silence.
 */
import { type EventObject, fromCallback, type NonReducibleUnknown } from 'xstate';

export function unprovidedActor<
  Input extends NonReducibleUnknown,
  Received extends EventObject = EventObject,
>(name: string) {
  return fromCallback<Received, Input>(() => {
    throw new Error(`actor "${name}" was not provided`);
  });
}
