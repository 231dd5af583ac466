/** The peer on every path its model reaches. */
import { checkModel } from './check-model.ts';
import { peerModel } from './peer-model.ts';

checkModel(peerModel);
