import { BASE_STYLE } from './base-style.ts';

/** The style of the page for people. States are told by word and sign as well as by colour. */
export const PAGE_STYLE = `${BASE_STYLE}
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1.5rem; }
.brand { font-weight: 700; margin: 0; }
h1 { font-size: 1.625rem; line-height: 1.25; margin: 1.25rem 0 1rem; letter-spacing: -0.01em; }
h2 { font-size: 1.125rem; margin: 2.25rem 0 0.75rem; } [hidden] { display: none !important; }
form { background: var(--soft); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1rem 1.25rem;
  display: grid; grid-template-columns: minmax(0, 1fr) 14rem auto; gap: 0.25rem 0.75rem; align-items: start; }
form > button.main { margin-top: 1.5625rem; }
label { display: block; font-size: 0.875rem; margin-bottom: 0.25rem; } form .hint { grid-column: 1 / -1; margin: 0.5rem 0 0; }
input, select, textarea, button { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line);
  border-radius: 0.5rem; padding: 0.5rem 0.75rem; width: 100%; min-height: 2.75rem; }
textarea { resize: vertical; display: block; font-family: var(--mono); font-size: 0.9375rem; } button { width: auto; cursor: pointer; }
textarea[aria-invalid="true"] { border-color: var(--fail); box-shadow: inset 0 0 0 1px var(--fail); }
button:hover { border-color: var(--link); }
button.main { background: var(--link); color: var(--back); border-color: var(--link); font-weight: 600; padding-inline: 1.5rem; }
.error { color: var(--fail); margin: 0.5rem 0 0; grid-column: 1 / -1; }
summary { cursor: pointer; } progress { width: 100%; margin-top: 1rem; accent-color: var(--link); }
.pass { color: var(--pass); border-color: var(--pass); } .warn, .warning { color: var(--warn); border-color: var(--warn); }
.fail, .unreachable, .error-mark { color: var(--fail); border-color: var(--fail); } .unknown { color: var(--warn); }
.skip { color: var(--quiet); }
.verdict { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 1rem; align-items: center; margin: 1.5rem 0;
  padding: 1rem 1.25rem; border: 1px solid; border-radius: 0.75rem; background: color-mix(in srgb, currentColor 9%, var(--back)); }
.verdict p { margin: 0; } .verdict p + p { grid-column: 2; color: var(--text); font-size: 1.125rem; overflow-wrap: anywhere; }
.verdict strong { text-transform: uppercase; letter-spacing: 0.06em; font-size: 0.875rem; }
.verdict::before { grid-row: 1 / 3; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: currentColor; display: grid;
  place-items: center; font: 700 1.25rem/1 system-ui; content: "✓" / ""; color: inherit; -webkit-text-fill-color: var(--back); }
.verdict.warn::before { content: "!" / ""; } .verdict.fail::before { content: "✕" / ""; } .verdict.unreachable::before { content: "?" / ""; }
.finding { border: 1px solid var(--line); border-left: 0.25rem solid currentColor; border-radius: 0.5rem; padding: 0.875rem 1.25rem;
  margin: 0.75rem 0; } .finding > :not(h3) { color: var(--text); }
.finding h3 { font-size: 1.0625rem; margin: 0; } .finding h3 span { font-size: 0.75rem; text-transform: uppercase;
  letter-spacing: 0.05em; border: 1px solid; border-radius: 1rem; padding: 0.0625rem 0.5rem; margin-right: 0.375rem; vertical-align: 0.0625rem; }
.finding p { margin: 0.375rem 0; overflow-wrap: anywhere; } .finding .note { color: var(--quiet); }
.remedy { display: flex; gap: 0.75rem; align-items: start; background: var(--soft); border-radius: 0.5rem; margin: 0.625rem 0;
  padding: 0.4375rem 0.4375rem 0.4375rem 0.875rem; } .remedy p { flex: 1; margin: 0; padding-block: 0.1875rem; } .remedy > button { flex: none; }
.copy { position: relative; } .copy pre { padding-right: 6rem; max-height: 12rem; } .copy pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
.copy button, .remedy > button { font-size: 0.8125rem; padding: 0.25rem 0.75rem; min-height: 2rem; }
.copy button { position: absolute; top: 0.4375rem; right: 0.4375rem; }
ol.chain { list-style: none; margin: 0; padding: 0; }
ol.chain > li { position: relative; padding: 0 0 1.75rem 2.5rem; }
ol.chain > li::before { content: ""; position: absolute; left: 0.25rem; top: 0.25rem; width: 1rem; height: 1rem; border-radius: 50%;
  border: 0.25rem solid; background: var(--back); z-index: 1; }
ol.chain > li.fail::before { background: currentColor; } ol.chain > li.missing::before { border-style: dotted; background: var(--back); }
ol.chain > li.anchor::before { border-radius: 0.25rem; background: currentColor; }
ol.chain > li:not(:last-child)::after { content: ""; position: absolute; left: 0.6875rem; top: 1.25rem; bottom: -0.25rem;
  border-left: 2px solid var(--line); }
ol.chain > li:has(+ .missing)::after, ol.chain > li.missing::after { border-left-style: dashed; }
ol.chain > li:has(+ .apart)::after { display: none; }
ol.chain > li > * { color: var(--text); } ol.chain > li > .error-mark { color: var(--fail); } ol.chain > li > .warning { color: var(--warn); }
ol.chain p { margin: 0; overflow-wrap: anywhere; } ol.chain > li > .note { color: var(--quiet); }
ol.chain .error-mark::before { content: "✕ " / ""; } ol.chain .warning::before { content: "! " / ""; }
.time { position: relative; height: 0.625rem; margin: 0.5rem 0 0.25rem; border-radius: 0.3125rem; background: var(--soft);
  box-shadow: inset 0 0 0 1px var(--line); }
.time .span { position: absolute; top: 0; bottom: 0; border-radius: 0.3125rem; min-width: 0.25rem; background: color-mix(in srgb, var(--pass) 55%, var(--back)); }
.time.next .span { background: var(--pass); } .time.over .span { background: var(--fail); }
.time .span.before { border-start-start-radius: 0; border-end-start-radius: 0; } .time .span.after { border-start-end-radius: 0; border-end-end-radius: 0; }
.time .now { position: absolute; top: -0.1875rem; bottom: -0.1875rem; width: 2px; margin-left: -1px; background: var(--text); }
.axis { position: relative; height: 1.875rem; font-size: 0.8125rem; color: var(--quiet); margin: 0 0 0.5rem 2.5rem; }
.axis span { position: absolute; top: 0; white-space: nowrap; } .axis i { position: absolute; bottom: 0; height: 0.5rem; border-left: 2px solid var(--quiet); margin-left: -1px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
thead th { color: var(--quiet); font-weight: 600; font-size: 0.8125rem; white-space: nowrap; }
tbody th { font: 600 0.875rem/1.6 var(--mono); }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); }
td button { padding: 0 0.625rem; min-height: 1.75rem; border-radius: 1rem; font-size: 0.875rem; font-weight: 600; border-color: currentColor; }
td button, td:last-child { white-space: nowrap; }
ul.areas { list-style: none; padding: 0; margin: 0 0 1rem; display: flex; flex-wrap: wrap; gap: 0.375rem; font-size: 0.875rem; }
ul.areas li { border: 1px solid color-mix(in srgb, currentColor 40%, var(--back)); border-radius: 1rem; padding: 0.0625rem 0.75rem; }
ul.areas li.unknown, ul.areas li.skip { border-style: dashed; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 40rem) { form { grid-template-columns: minmax(0, 1fr); gap: 0.75rem; } form > button.main { width: 100%; margin-top: 0; }
  h1 { font-size: 1.375rem; } .axis { margin-left: 2rem; } ol.chain > li { padding-left: 2rem; }
  table, tbody { display: block; } thead { display: none; }
  tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
  tbody th, td { display: block; border: 0; padding: 0.125rem 0; overflow-wrap: anywhere; } td ~ td { grid-column: 1 / -1; } td:last-child:not(:empty)::before { content: "valid until "; color: var(--quiet); } }
`;
