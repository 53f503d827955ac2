import { html, raw } from 'hono/html';
import { VERSION } from '../../domain/version.ts';
import { hashSource } from '../content-hash.ts';
import { PAGE_SCRIPT } from './script.ts';
import { PAGE_STYLE } from './style.ts';

/** Its own script and style by their hashes, its own service, and nothing else. */
export const START_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashSource(PAGE_SCRIPT)}`,
  `style-src ${hashSource(PAGE_STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The page for people: type a host, read the verdict. */
export const START_PAGE = String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tls-verdict</title>
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
<header><p class="brand">tls-verdict</p>
<nav class="site" aria-label="This service"><a href="/codes">All codes</a><a href="/docs">API reference</a></nav></header>
<main>
<h1>What is wrong with the certificate of this host?</h1>
<form id="form" novalidate>
<div><label for="hosts">Host, or several, one a line</label>
<textarea id="hosts" rows="1" spellcheck="false" autocapitalize="off" autocomplete="off" placeholder="wiki.corp.example:443" aria-describedby="hint error"></textarea></div>
<div><label for="ca">Judge against</label><select id="ca"><option value="">default</option></select></div>
<button class="main">Verify</button>
<p class="error" id="error" role="alert" hidden></p>
<p class="hint note" id="hint">Enter sends, Shift+Enter begins another line.</p>
<details id="access" class="hint note"><summary>Access token</summary>
<label for="token">Only where the operator asks for one; it stays on this page</label>
<input id="token" type="password" autocomplete="off"></details>
</form>
<progress id="progress" hidden aria-label="Hosts verified"></progress>
<p id="state" role="status"></p>
<div class="scroll"><table id="table" hidden>
<thead><tr><th scope="col">Host</th><th scope="col">Verdict</th><th scope="col">Why</th><th scope="col">Valid until</th></tr></thead>
<tbody id="rows"></tbody></table></div>
<div id="detail"></div>
</main>
<noscript><p>This page needs its script. Without it: curl -s 'http://THIS-ADDRESS/verify?host=wiki.corp.example'</p></noscript>
<footer class="note">tls-verdict ${VERSION}. This page asks the service it came from, and nothing else.</footer>
<script>${raw(PAGE_SCRIPT)}</script>
</body>
</html>
`);
