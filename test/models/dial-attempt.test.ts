/** The dial attempt on every path its model reaches. */
import { checkModel } from './check-model.ts';
import { dialAttemptModel } from './dial-attempt-model.ts';

checkModel(dialAttemptModel);
