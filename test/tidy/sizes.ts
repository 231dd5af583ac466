/** Files and functions a person can hold in view. */
import { codeFiles, type Finding, isNode, lineAt, parse, type SyntaxNode, type Tree, walk } from './tree.ts';

const fileLinesMax = 400;
const functionLinesMax = 70;
const functionType = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

export function checkFileLengths(tree: Tree): readonly Finding[] {
  return [...tree]
    .filter(([path]) => /\.(ts|tsx|mjs|sql|css)$/.test(path))
    .flatMap(([path, text]) => {
      const lines = text.split('\n').length - 1;
      return lines > fileLinesMax ? [`${path}:1 has ${lines} lines, at most ${fileLinesMax}: split it`] : [];
    });
}

/** Every function but a chapter of tests: one whose own statements are `describe`, `it` and their like. */
export function checkFunctionLengths(tree: Tree): readonly Finding[] {
  return codeFiles(tree).flatMap(([path, text]) => {
    const findings: Finding[] = [];
    walk(parse(path, text), (node) => {
      const line = lineAt(text, node.start);
      const lines = functionType.test(node.type) ? lineAt(text, node.end) - line + 1 : 0;
      if (lines > functionLinesMax && !isChapter(node)) {
        findings.push(
          `${path}:${line} is a function of ${lines} lines, at most ${functionLinesMax}: split it`,
        );
      }
    });
    return findings;
  });
}

function isChapter(node: SyntaxNode): boolean {
  const { body } = node;
  const statements = isNode(body) && body.type === 'BlockStatement' ? body.body : null;
  return (
    Array.isArray(statements) && statements.some((statement) => isNode(statement) && isTestCall(statement))
  );
}

/** `describe(…)`, `it(…)`, `it.each(…)(…)`, as a statement of its own. */
function isTestCall(statement: SyntaxNode): boolean {
  let callee = statement.expression;
  while (isNode(callee) && callee.type !== 'Identifier') {
    callee = callee.type === 'MemberExpression' ? callee.object : (callee.callee ?? callee.tag);
  }
  return isNode(callee) && (callee.name === 'describe' || callee.name === 'it');
}
