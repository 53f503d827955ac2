/** The style of the page for people: system fonts, both colour schemes, nothing from elsewhere. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#c9ced6, #454c57); --soft: light-dark(#f4f6f9, #1b1f26);
  --pass: light-dark(#0b6b3a, #5fd08f); --warn: light-dark(#8a5a00, #f0b849); --fail: light-dark(#b3261e, #ff8a80);
  --text: light-dark(#1a1d21, #e8eaed); --back: light-dark(#fff, #111418); --link: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--text); background: var(--back); }
h1 { font-size: 1.25rem; margin: 0 0 1rem; } h2 { font-size: 1.1rem; margin: 1.75rem 0 0.5rem; }
a { color: var(--link); } [hidden] { display: none !important; }
form { display: grid; grid-template-columns: 1fr 14rem auto; gap: 0.5rem 0.75rem; align-items: end; }
label { display: block; font-size: 0.875rem; } .hint { font-size: 0.875rem; margin: 0.25rem 0 0; grid-column: 1 / -1; }
input, select, textarea, button { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line);
  border-radius: 0.375rem; padding: 0.5rem 0.75rem; width: 100%; }
textarea { resize: vertical; min-height: 2.75rem; } button { width: auto; cursor: pointer; }
button.main { background: var(--link); color: var(--back); border-color: var(--link); font-weight: 600; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.error { color: var(--fail); margin: 0.25rem 0 0; grid-column: 1 / -1; }
.verdict { border-left: 0.375rem solid; padding: 0.5rem 1rem; margin: 1.5rem 0; background: var(--soft); }
.verdict strong { text-transform: uppercase; letter-spacing: 0.04em; } .verdict p { margin: 0; overflow-wrap: anywhere; }
.pass { color: var(--pass); border-color: var(--pass); } .warn, .warning { color: var(--warn); border-color: var(--warn); }
.fail, .unreachable, .error-mark { color: var(--fail); border-color: var(--fail); }
.verdict p + p, .finding p { color: var(--text); }
.finding { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; margin: 0.75rem 0; }
.finding h3 { font-size: 1rem; margin: 0; } .finding p { margin: 0.25rem 0; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 0.375rem; padding: 0.75rem; margin: 0.5rem 0;
  overflow-x: auto; max-height: 12rem; font: 0.8125rem/1.45 ui-monospace, monospace; }
ol.chain { list-style: none; margin: 0; padding: 0; }
ol.chain > li { border: 1px solid var(--line); border-left-width: 0.375rem; border-radius: 0.375rem; padding: 0.5rem 0.75rem; }
ol.chain > li + li { margin-top: 1.25rem; position: relative; }
ol.chain > li + li::before { content: "issued by"; position: absolute; top: -1.2rem; left: 0.5rem; font-size: 0.75rem; }
ol.chain > li.apart::before { content: "sent as well"; } ol.chain > li.missing { border-style: dashed; border-left-style: solid; }
ol.chain > li.pass { border-left-color: var(--pass); } ol.chain > li.warn { border-left-color: var(--warn); }
ol.chain > li.fail { border-left-color: var(--fail); } ol.chain > li { color: var(--text); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
ol.chain p { margin: 0; overflow-wrap: anywhere; } .note { font-size: 0.875rem; }
svg.time { display: block; width: 100%; height: 0.75rem; margin: 0.375rem 0; }
svg.time .span { fill: var(--link); opacity: 0.45; } svg.time .rest { fill: var(--soft); } svg.time .now { fill: var(--fail); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
th, td { text-align: left; vertical-align: top; padding: 0.375rem 0.75rem 0.375rem 0; border-bottom: 1px solid var(--line); }
td button { padding: 0.125rem 0.5rem; } td button, td:last-child { white-space: nowrap; } progress { width: 100%; }
ul.areas { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: 0.375rem; font-size: 0.875rem; }
ul.areas li { border: 1px solid var(--line); border-radius: 1rem; padding: 0 0.625rem; }
footer { margin-top: 3rem; font-size: 0.875rem; }
@media (max-width: 40rem) { form { grid-template-columns: 1fr; } }
`;
