/** The news on every path its model reaches. */
import { checkModel } from './check-model.ts';
import { newsModel } from './news-model.ts';

checkModel(newsModel);
