/** The dial loop on every path its model reaches. */
import { checkModel } from './check-model.ts';
import { dialModel } from './dial-model.ts';

checkModel(dialModel);
