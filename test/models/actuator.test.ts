/** The param actuator on every path its model reaches. */
import { actuatorModel } from './actuator-model.ts';
import { checkModel } from './check-model.ts';

checkModel(actuatorModel);
