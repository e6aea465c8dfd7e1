/**
 * The whole style of the page. Text and marks keep a contrast of 4.5 to 1 on their background in light, dark and print;
 * every colour is repeated in words.
 */
export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f5f6f8; --text: #1b1f24; --dim: #525963;
  --line: #c9ced6; --link: #0b57d0; --sync: #b3261e; --append: #8a5300; --server: #0b57d0; --client: #5f6772;
  --critical: #b3261e; --warning: #8a5300; --info: #0b57d0; --clear: #146c2e; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --card: #1e2228; --text: #e6e9ee; --dim: #a8b0bc;
  --line: #3c434d; --link: #8ab4f8; --sync: #ff8a80; --append: #f2b84b; --server: #8ab4f8; --client: #a8b0bc;
  --critical: #ff8a80; --warning: #f2b84b; --info: #8ab4f8; --clear: #7fd99a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.1rem; font-weight: 600; color: var(--dim); margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1.05rem; margin: 0; }
.summary { font-size: 1.35rem; line-height: 1.35; font-weight: 600; margin: 0; border-left: .4rem solid var(--dim);
  padding-left: 1rem; }
.summary.found { border-color: var(--critical); } .summary.clear { border-color: var(--clear); }
.summary.inconclusive { border-color: var(--warning); }
code, .place { font: .8125rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
.place { color: var(--dim); }
ul.evidence { list-style: none; margin: .35rem 0 0; padding: 0 0 0 .9rem; border-left: 2px solid var(--line); }
ol.path { padding-left: 1.4rem; } ol.path > li { margin: .6rem 0; } .answer { font-weight: 600; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: 1rem; margin: .75rem 0;
  break-inside: avoid; }
.severity { font-weight: 700; text-transform: uppercase; font-size: .8125rem; letter-spacing: .04em; }
.severity.critical { color: var(--critical); } .severity.warning { color: var(--warning); }
.severity.info { color: var(--info); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .6rem 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } caption { text-align: left; color: var(--dim);
  padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid var(--link); }
.waterfall td.bars { width: 40%; min-width: 12rem; padding-right: 1rem; } .waterfall td { padding-top: .1rem;
  padding-bottom: .1rem; }
.bar { display: block; height: .85rem; min-width: 2px; border-radius: 1px; }
.stack { display: flex; height: 1.4rem; border-radius: .2rem; overflow: hidden; margin: .5rem 0; gap: 1px; }
.stack span { min-width: 1px; }
.sync { background: var(--sync); } .append { background: var(--append); } .server { background: var(--server); }
.client { background: var(--client); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .1rem; margin-right: .4rem; }
.talk { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; margin: .4rem 0; padding: 0; list-style: none; }
.talk .box { border: 1px solid var(--line); border-radius: .3rem; background: var(--card); padding: .3rem .6rem; }
.talk .way { color: var(--dim); font-size: .875rem; }
svg text { fill: var(--text); font: 11px system-ui, sans-serif; } svg .axis { stroke: var(--line); }
svg .mark { fill: var(--sync); } svg .most { fill: var(--append); opacity: .55; }
footer { margin-top: 2rem; color: var(--dim); font-size: .875rem; }
@media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 10pt; }
  .bar, .stack span, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
