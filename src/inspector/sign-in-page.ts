/** What a browser without a session gets: no script, no style, only what to do. */
export const signInPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Grove: this page needs its token</title>
<h1>This page needs its token</h1>
<p>On the machine that runs the node, run</p>
<pre>seedling-ctl inspect</pre>
<p>and open the address it prints. It opens a session in this browser, which lasts a day and is renewed while it is used.</p>
</html>
`;
