/** Apps as a node's surface sees them, without a node: what was asked is noted and answered as it is told to. */
import type {
  AppAsk,
  AppSummary,
  AppsControl,
  AppView,
  MappingView,
} from '../../src/operator/app-control.ts';
import type { Json, Refusal, RequestActor, Verdict } from '../../src/protocol/types.ts';

type Outcome = Verdict<{ readonly [key: string]: Json }, Refusal>;

export class MemoryApps implements AppsControl {
  readonly asked: { readonly app: string; readonly ask: AppAsk; readonly actor: RequestActor }[] = [];
  /** What the next requests are answered with. */
  answer: Outcome = { ok: true, value: {} };
  summaries: AppSummary[] = [];
  views: AppView[] = [];
  bound: Verdict<readonly MappingView[], Refusal> = { ok: true, value: [] };

  list(): readonly AppSummary[] {
    return this.summaries;
  }

  show(app: string): Verdict<AppView, Refusal> {
    const view = this.views.find(({ definition }) => definition.name === app);
    if (view !== undefined) return { ok: true, value: view };
    return { ok: false, reason: { code: 'not_found', message: `there is no app ${app}` } };
  }

  mappings(): Verdict<readonly MappingView[], Refusal> {
    return this.bound;
  }

  async ask(app: string, ask: AppAsk, actor: RequestActor): Promise<Outcome> {
    this.asked.push({ app, ask, actor });
    return this.answer;
  }
}
