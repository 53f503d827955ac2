/** What all pages for people share: system fonts, two colour schemes, an outline for who moves by keyboard. */
export const BASE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5dae1, #3a414c); --soft: light-dark(#f5f7fa, #191d23);
  --pass: light-dark(#0b6b3a, #5fd08f); --warn: light-dark(#8a5a00, #f0b849); --fail: light-dark(#b3261e, #ff8a80);
  --text: light-dark(#1a1d21, #e8eaed); --quiet: light-dark(#555d68, #a3abb6); --back: light-dark(#fff, #111418);
  --link: light-dark(#0b57d0, #8ab4f8); --mono: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--text); background: var(--back); overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: 0.15em; }
code { font-family: var(--mono); font-size: 0.9em; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; margin: 0.5rem 0;
  overflow: auto; max-height: 24rem; font: 0.8125rem/1.5 var(--mono); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 0.25rem; }
.scroll { overflow-x: auto; } .note { color: var(--quiet); font-size: 0.875rem; }
nav.site { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.9375rem; margin-bottom: 1.5rem; }
`;
