/** The door of local apps: what runs their commands and does without a script what most of them need. */
export { createAppActions } from './app-actions.ts';
export { type DefinitionFile, parseDefinitionFile } from './definition-file.ts';
export {
  appDefinitionSchema,
  appStateFields,
  definitionToJson,
  paramStateFields,
} from './definition-schema.ts';
export { createHookRunner, type HookRunnerOptions } from './hook-runner.ts';
export { openSecretBox, secretKeyFileName } from './secret-box.ts';
export { type Rendered, renderTemplate, type TemplateProblem, templateProblem } from './template.ts';
export { helperNames } from './template-helpers.ts';
export { type FileProblem, isEmpty, offset, textOf, YamlFile } from './yaml-file.ts';
