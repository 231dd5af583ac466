/**
 * Plays every conversation of this folder and compares it with its recording. `REWRITE=1 npx vitest run
 * test/conversations` records anew; read the difference before keeping it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { play } from './conversation.ts';

const folder = new URL('.', import.meta.url);
const rewrites = process.env.REWRITE === '1';
const files = readdirSync(fileURLToPath(folder)).filter((file) => file.endsWith('.txt'));

describe('nodes talk as recorded:', () => {
  it.each(files)('%s', async (file) => {
    const path = new URL(file, folder);
    const text = readFileSync(path, 'utf8');
    const played = await play(text);
    if (rewrites) writeFileSync(path, played);
    else expect(played).toBe(text);
  });
});
