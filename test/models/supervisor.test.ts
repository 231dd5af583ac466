/** The supervisor on every path its model reaches. */
import { checkModel } from './check-model.ts';
import { supervisorModel } from './supervisor-model.ts';

checkModel(supervisorModel);
