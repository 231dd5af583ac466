/** The node's messages as the page shows them: they begin in lower case, as on the command line, and quote commands in backticks. */

export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

export function Sentence({ text }: { readonly text: string }) {
  return (
    <>
      {sentence(text)
        .split('`')
        .map((part, index) => (index % 2 === 0 ? part : <code key={part}>{part}</code>))}
    </>
  );
}
