/** The inspector's page keeps to its own content security: no style and no script but from files, no text taken for markup. */
import { type Finding, isNode, lineAt, parse, type Tree, walk } from './tree.ts';

const forbidden = new Set(['style', 'dangerouslySetInnerHTML']);
const inHtml = /<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*"|<script(?![^>]*\ssrc=)/gi;

export function checkPage(tree: Tree): readonly Finding[] {
  return [...tree]
    .filter(([path]) => path.startsWith('src/inspector/web/'))
    .flatMap(([path, text]) => {
      if (path.endsWith('.html')) {
        return [...text.matchAll(inHtml)].map(
          ({ index, 0: found }) => `${path}:${lineAt(text, index)} has ${found.trim()}: put it into a file`,
        );
      }
      return path.endsWith('.tsx') ? attributesIn(path, text) : [];
    });
}

function attributesIn(path: string, text: string): readonly Finding[] {
  const findings: Finding[] = [];
  walk(parse(path, text), (node) => {
    const { name } = node;
    const attribute = node.type === 'JSXAttribute' && isNode(name) ? String(name.name) : '';
    if (forbidden.has(attribute)) {
      findings.push(`${path}:${lineAt(text, node.start)} has ${attribute}=: use a class`);
    }
  });
  return findings;
}
