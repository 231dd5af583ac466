/** A config file from a template and an app's values. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ActionOutcome, RenderRequest } from '../ports/index.ts';
import { renderedBytesMax, templateFileBytesMax } from '../protocol/index.ts';
import { type Failed, failed, failedFile } from './action-failure.ts';
import { replaceFile } from './replace-file.ts';
import { renderTemplate } from './template.ts';

type Outcome = ActionOutcome<{ readonly changed: boolean }>;

const modeOfNewSecret = 0o600;
const modeOfNew = 0o644;

/** Renders one file after the other where two would write the same. */
export class FileRenderer {
  /** The last rendering of each target that is under way. */
  readonly #underWay = new Map<string, Promise<Outcome>>();

  async render(request: RenderRequest): Promise<Outcome> {
    const target = await realTarget(request.render.target);
    const before = this.#underWay.get(target) ?? Promise.resolve();
    const rendering = before
      .then(() => renderOne(request))
      .catch((error: unknown) => failedFile(error, 'written', target));
    this.#underWay.set(target, rendering);
    const outcome = await rendering;
    if (this.#underWay.get(target) === rendering) this.#underWay.delete(target);
    return outcome;
  }
}

/** One name for a file, however its directory is written. */
async function realTarget(target: string): Promise<string> {
  try {
    return join(await realpath(dirname(target)), basename(target));
  } catch {
    // No such directory: writing there will fail, and say so.
    return target;
  }
}

// i[impl app.render]
async function renderOne({ render, values, secretNames }: RenderRequest): Promise<Outcome> {
  const template = render.template ?? (await readTemplate(render.template_file ?? ''));
  if (typeof template !== 'string') return template;
  const rendered = renderTemplate(template, values);
  if (!rendered.ok) {
    const { kind, line, message } = rendered.reason;
    return failed(
      kind,
      `${render.template_file ?? `the template of ${render.target}`}, line ${line}: ${message}`,
    );
  }
  const bytes = Buffer.from(rendered.value.text);
  if (bytes.length > renderedBytesMax)
    return failed('value', `${render.target} would have more than ${renderedBytesMax} bytes`);
  const holdsSecret = rendered.value.used.some((name) => secretNames.includes(name));
  return replaceFile({
    path: render.target,
    bytes,
    mode: render.mode === null ? null : Number.parseInt(render.mode, 8),
    modeWhenNew: holdsSecret ? modeOfNewSecret : modeOfNew,
  });
}

async function readTemplate(path: string): Promise<string | Failed> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return failed('file', `${path} is not a plain file`);
      const room = Buffer.alloc(templateFileBytesMax + 1);
      const { bytesRead } = await file.read(room, 0, room.length, 0);
      if (bytesRead > templateFileBytesMax)
        return failed('file', `${path} is longer than ${templateFileBytesMax} bytes`);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(room.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    return error instanceof TypeError
      ? failed('template', `${path} is not UTF-8`)
      : failedFile(error, 'read', path);
  }
}
