/** The door of the machines: what actors provide and run. */
export { actuatorMachine } from './actuator-machine.ts';
export { appMachine } from './app-machine.ts';
export { applierMachine } from './applier-machine.ts';
export { appDelays } from './delays.ts';
export { dialAttemptMachine } from './dial-attempt-machine.ts';
export { dialMachine } from './dial-machine.ts';
export { newsMachine } from './news-machine.ts';
export { peerMachine } from './peer-machine.ts';
export { publisherMachine } from './publisher-machine.ts';
export { supervisorMachine } from './supervisor-machine.ts';
