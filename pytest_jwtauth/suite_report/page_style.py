"""How ``contract.html`` looks. Dark or light as the reader's system is, wide or narrow as the screen is."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --raised: #f4f5f7; --line: #c9cdd4; --text: #1b1f24; --faint: #565d68;
  --link: #0b57b0; --bad: #b3161b; --good: #146c37; --odd: #7a4d00; --life: #a9c7ee; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171c; --raised: #1e232a; --line: #3c434e; --text: #e6e8eb; --faint: #a3abb8;
    --link: #7db4ff; --bad: #ff8a86; --good: #6fd394; --odd: #eeb95c; --life: #34557f; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; } p { margin: .5rem 0; }
a { color: var(--link); } code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { margin: .5rem 0; padding: .5rem .75rem; background: var(--ground); border: 1px solid var(--line);
  white-space: pre-wrap; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.figures li { flex: 1 1 8rem; padding: .5rem .75rem; background: var(--raised); border: 1px solid var(--line);
  border-radius: .375rem; color: var(--faint); }
.figures b { display: block; font-size: 1.5rem; line-height: 1.2; color: var(--text); }
table { width: 100%; border-collapse: collapse; margin: .5rem 0 1rem; }
caption { text-align: left; color: var(--faint); padding: .25rem 0; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; overflow-wrap: break-word; } tbody th { min-width: 11rem; }
thead th { background: var(--raised); } .where { white-space: pre-line; }
[id^="test-"] { scroll-margin-top: 4rem; }
.word { font-weight: 600; white-space: nowrap; } .faint { color: var(--faint); }
.broken, .failed, .error { color: var(--bad); } .kept, .passed { color: var(--good); }
.not-judged, .warning { color: var(--odd); }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: .375rem; background: var(--raised); }
details details { background: var(--ground); } details > :not(summary) { margin-left: .75rem; margin-right: .75rem; }
summary { padding: .4rem .75rem; cursor: pointer; }
details > table { width: calc(100% - 1.5rem); }
svg { display: block; width: calc(100% - 1.5rem); font: 12px ui-monospace, monospace; }
svg text { fill: var(--text); } .life { fill: var(--life); } .axis { stroke: var(--line); } .sent { fill: var(--text); }
.sent.refused { fill: var(--bad); }
@media (max-width: 40rem) {
  body { padding: .75rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  tbody th, td { display: block; min-width: 0; padding: .1rem 0; border: 0; }
  td::before { content: attr(data-name) ": "; color: var(--faint); } td:empty { display: none; }
}
@media print { details > * { display: block; } }
"""
