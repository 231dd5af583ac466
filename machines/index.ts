/** The door of the machines: what actors provide and run. */
export { applierMachine } from './applier-machine.ts';
export { dialAttemptMachine } from './dial-attempt-machine.ts';
export { dialMachine } from './dial-machine.ts';
export { newsMachine } from './news-machine.ts';
export { peerMachine } from './peer-machine.ts';
export { publisherMachine } from './publisher-machine.ts';
export { supervisorMachine } from './supervisor-machine.ts';
