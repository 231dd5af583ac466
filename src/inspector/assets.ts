/** The built page. Its files are listed once at the start, and nothing else is ever opened: a path leads nowhere else. */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join, posix } from 'node:path';
import { packageRoot } from '../operator/index.ts';
import { assetBytesMax, assetsMax } from './limits.ts';
import { answerText } from './responses.ts';

const types: { readonly [extension: string]: string } = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  webmanifest: 'application/manifest+json',
  txt: 'text/plain; charset=utf-8',
};

export interface Assets {
  /** False when the page has no such file. */
  serve(path: string, response: ServerResponse, headOnly: boolean): Promise<boolean>;
}

/** Where `npm run build` puts the page. */
export function findPage(): string {
  return join(packageRoot(), 'dist', 'inspector');
}

// w[impl page.files]
export function createAssets(directory: string): Assets {
  const names = new Set(listFiles(directory));
  return {
    serve: async (path, response, headOnly) => {
      const name = path === '/' ? 'index.html' : path.slice(1);
      const type = types[posix.extname(name).slice(1)];
      if (!names.has(name) || type === undefined) return false;
      let content: Buffer;
      try {
        content = await readFile(join(directory, name));
      } catch {
        // The package is being replaced under the running node.
        answerText(response, 503, 'This file cannot be read now: try again.\n', 'text/plain; charset=utf-8');
        return true;
      }
      // Files below assets/ have a hash of their content in their names.
      if (name.startsWith('assets/'))
        response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length });
      response.end(headOnly ? undefined : content);
      return true;
    },
  };
}

function listFiles(directory: string): readonly string[] {
  let entries: readonly string[];
  try {
    entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    // No page in this installation: everything else works, and `/` says so.
    return [];
  }
  return entries
    .filter((name) => isFile(join(directory, name)))
    .slice(0, assetsMax)
    .map((name) => name.replaceAll('\\', '/'));
}

function isFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size <= assetBytesMax;
}
