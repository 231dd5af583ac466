/** The machine of an app on every path its model reaches. */

import { appModel } from './app-model.ts';
import { checkModel } from './check-model.ts';

checkModel(appModel);
