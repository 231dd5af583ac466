/** The publisher on every path its model reaches. */
import { checkModel } from './check-model.ts';
import { publisherModel } from './publisher-model.ts';

checkModel(publisherModel);
