/** Links between the project's own pages lead somewhere. */
import { posix } from 'node:path';
import { type Finding, lineAt, type Tree } from './tree.ts';

const linkPattern = /\]\(([^)\s]+)\)/g;

/** Every relative link of a Markdown page names a file or folder of the project and, after `#`, one of its headings. */
export function checkLinks(tree: Tree): readonly Finding[] {
  return [...tree]
    .filter(([path]) => path.endsWith('.md'))
    .flatMap(([path, text]) =>
      [...withoutCode(text).matchAll(linkPattern)].flatMap((match) => {
        const [, target = ''] = match;
        const complaint = /^[a-z]+:/.test(target) ? null : judge(tree, path, target);
        return complaint === null ? [] : [`${path}:${lineAt(text, match.index)} ${complaint}`];
      }),
    );
}

function judge(tree: Tree, path: string, target: string): string | null {
  const [file = '', anchor] = target.split('#');
  const destination = file === '' ? path : posix.join(posix.dirname(path), file);
  const text = tree.get(destination);
  const isFolder = [...tree.keys()].some((known) => known.startsWith(`${destination.replace(/\/$/, '')}/`));
  if (text === undefined && !isFolder) {
    return `links to ${destination}, which does not exist`;
  }
  const isKnown = anchor === undefined || headings(text ?? '').includes(anchor);
  return isKnown ? null : `links to #${anchor}, which is no heading of ${destination}`;
}

/** Headings as a forge turns them into anchors. */
function headings(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/^#+\s+(.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** The same length, so that positions still fit. */
function withoutCode(text: string): string {
  return text.replace(/```[\s\S]*?```/g, (block) => block.replace(/[^\n]/g, ' '));
}
