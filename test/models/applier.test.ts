/** The applier on every path its model reaches. */
import { applierModel } from './applier-model.ts';
import { checkModel } from './check-model.ts';

checkModel(applierModel);
