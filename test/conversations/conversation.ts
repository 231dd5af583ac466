/**
 * A conversation is a text file of paragraphs. One that starts with `#` is prose. Any other is an exchange: commands,
 * a line of four dashes, and what was recorded while they ran. Playing a file again gives the same file.
 */
import { Stage } from './stage.ts';

const divider = '----';

/** The file with its recorded parts as they are now. Throws, naming the command, when one cannot be carried out. */
export async function play(text: string): Promise<string> {
  const stage = new Stage();
  try {
    const paragraphs: string[] = [];
    for (const paragraph of paragraphsOf(text)) {
      paragraphs.push(paragraph.startsWith('#') ? paragraph : await playExchange(stage, paragraph));
    }
    return `${paragraphs.join('\n\n')}\n`;
  } finally {
    await stage.close();
  }
}

async function playExchange(stage: Stage, paragraph: string): Promise<string> {
  const lines = paragraph.split('\n');
  const end = lines.indexOf(divider);
  const commands = end === -1 ? lines : lines.slice(0, end);
  stage.beginExchange();
  for (const command of commands) await stage.perform(command);
  return [...commands, divider, ...stage.takeRecorded()].join('\n');
}

function paragraphsOf(text: string): readonly string[] {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replace(/^\n+|\n+$/g, ''))
    .filter((paragraph) => paragraph !== '');
}
