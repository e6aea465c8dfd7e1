/**
 * The whole style of the page. Text keeps a contrast of 4.5 to 1 on its background in light, dark and print, marks one of
 * 3 to 1; every colour is repeated in words, and what waits is hatched.
 */
export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f6f7f9; --text: #1a1e24; --dim: #515965;
  --line: #d5dae1; --link: #0b57d0; --sync: #c5221f; --append: #b06000; --server: #1a73e8; --client: #6b7480;
  --queue: #7b3fb5; --critical: #b3261e; --warning: #8a5300; --info: #0b57d0; --clear: #146c2e; --tint: #fdf1f0; }
@media (prefers-color-scheme: dark) { :root { --back: #111418; --card: #1a1f25; --text: #e7eaef; --dim: #a9b2be;
  --line: #343b45; --link: #8ab4f8; --sync: #ff8a80; --append: #f2b84b; --server: #8ab4f8; --client: #98a2ae;
  --queue: #c9a2f5; --critical: #ff8a80; --warning: #f2b84b; --info: #8ab4f8; --clear: #7fd99a; --tint: #2a1b1c; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { overflow-wrap: anywhere; margin: 0 auto; max-width: 68rem; padding: 2rem 1.5rem 3rem; background: var(--back); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif; -webkit-text-size-adjust: 100%; }
a { color: var(--link); } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; }
.summary { font-size: 1.7rem; font-weight: 650; letter-spacing: -.01em; margin: .35rem 0 0; text-wrap: pretty; }
h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; } h3 { font-size: 1.05rem; margin: 0; }
h4 { font-size: .875rem; margin: .9rem 0 0; color: var(--dim); font-weight: 600; }
p { margin: .5rem 0; } .lead, .dim, .about { color: var(--dim); } .about { font-size: .9rem; margin: 0; }
.lead { max-width: 48rem; margin: 0 0 .75rem; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.badge { display: inline-block; vertical-align: .2em; font-size: .8rem; letter-spacing: .04em; font-weight: 700;
  padding: .1rem .55rem; border: 1.5px solid currentColor; border-radius: 1rem; text-transform: uppercase; }
.badge.found { color: var(--critical); } .badge.clear { color: var(--clear); } .badge.inconclusive { color: var(--warning); }
code, .place { font: .8125rem/1.5 ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0;
  padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
.tiles strong { display: block; font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; }
.tiles span { display: block; font-weight: 600; font-size: .9rem; overflow-wrap: anywhere; }
.tiles small { color: var(--dim); font-size: .85rem; overflow-wrap: anywhere; }
.advice { margin: .75rem 0 0; border: 1px solid var(--line); border-left: .3rem solid var(--critical); border-radius: .6rem;
  padding: .6rem 1rem .7rem; background: var(--tint); }
.advice p { margin: .1rem 0; } .advice p.dim { font-size: .9rem; }
.advice .command { display: block; font-size: 1rem; font-weight: 600; margin: .3rem 0; }
nav { margin: 1.5rem 0 0; border-block: 1px solid var(--line); padding: .6rem 0; font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
article { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid var(--dim); border-radius: .6rem;
  padding: 1rem 1.25rem; margin: .75rem 0; break-inside: avoid; }
article.critical { border-left-color: var(--critical); } article.warning { border-left-color: var(--warning); }
article.info { border-left-color: var(--info); }
.tags { margin: .15rem 0 .5rem; }
.severity { font-weight: 700; text-transform: uppercase; font-size: .75rem; letter-spacing: .05em; margin-right: .5rem; }
.severity.critical { color: var(--critical); } .severity.warning { color: var(--warning); }
.severity.info { color: var(--info); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: .75rem 0 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.meter { display: block; height: .35rem; background: var(--line); border-radius: .2rem; overflow: hidden; max-width: 24rem;
  margin: .15rem 0 .25rem; }
.meter span { display: block; height: 100%; background: var(--sync); }
ul.evidence { list-style: none; margin: .3rem 0 0; padding: 0; }
ul.evidence li { display: grid; grid-template-columns: minmax(5.5rem, max-content) 1fr; gap: 0 .9rem; padding: .05rem 0; }
ul.numbered li { grid-template-columns: 4rem 1fr; } ul.numbered .place { text-align: right; color: var(--dim); }
ul.numbered li:target { background: var(--tint); outline: 1px solid var(--line); }
a.place { display: block; min-height: 1.5rem; }
.place { text-decoration: none; } a.place:hover { text-decoration: underline; }
ol.path { list-style: none; counter-reset: step; margin: 0; padding: 0; }
ol.path > li { counter-increment: step; position: relative; padding: 0 0 1.15rem 3rem; break-inside: avoid;
  display: grid; grid-template-columns: 5fr 6fr; gap: 0 1.5rem; }
ol.path ul.evidence { padding-top: .2rem; } ol.path ul.evidence li { grid-template-columns: minmax(0, 1fr); }
ol.path > li::before { content: counter(step); position: absolute; left: 0; top: 0; width: 1.9rem; height: 1.9rem;
  border: 1.5px solid var(--line); border-radius: 50%; background: var(--back); display: grid; place-items: center;
  font-weight: 650; font-size: .85rem; z-index: 1; }
ol.path > li:not(:last-child)::after { content: ""; position: absolute; left: .9rem; top: 1.9rem; bottom: 0;
  border-left: 1.5px solid var(--line); }
.question { display: block; color: var(--dim); padding-top: .2rem; } .answer { display: block; font-weight: 600;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; } caption { text-align: left; color: var(--dim);
  padding: 0 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { overflow-wrap: normal; color: var(--dim); font-weight: 600; font-size: .85rem; } tbody th { font-weight: 600; }
section > table:not(.small) > tbody > tr > th { width: 30%; min-width: 9rem; }
.small { width: auto; min-width: min(100%, 26rem); } .small th, .small td { padding-block: .2rem; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.keys { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: 0 0 .75rem; padding: 0; list-style: none; font-size: .925rem; }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .45rem; vertical-align: -.05em; }
.stack { display: flex; height: 1.6rem; border-radius: .3rem; overflow: hidden; margin: .5rem 0; background: var(--card); }
.stack span { min-width: 2px; }
.sync { background: var(--sync); } .append { background: var(--append); } .server { background: var(--server); }
.queue { background: var(--queue); } .syncOfOthers { background: repeating-linear-gradient(90deg, var(--sync) 0 4px, transparent 4px 6px); }
.network { background: repeating-linear-gradient(45deg, var(--queue) 0 2px, transparent 2px 5px); } .clientCpu { background: var(--client); }
.clientWaits, .tracer { background: repeating-linear-gradient(90deg, var(--client) 0 1px, transparent 1px 4px); }
.unseen { background: repeating-linear-gradient(0deg, var(--line) 0 2px, transparent 2px 4px); }
.client { background: repeating-linear-gradient(135deg, var(--client) 0 2px, transparent 2px 5px); }
.bar, .stack span, .key, .meter span, .slots i { forced-color-adjust: none; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
.fixes { list-style: none; margin: 0; padding: 0; }
.fixes li { display: grid; grid-template-columns: minmax(10rem, 19rem) 1fr 5.5rem; gap: 0 1rem; align-items: center;
  padding: .45rem 0; border-top: 1px solid var(--line); }
.fixes .what { overflow-wrap: anywhere; line-height: 1.35; } .fixes .dim { display: block; font-size: .85rem; }
.phases .stack { height: 1rem; margin: .15rem 0; } .phases .why { grid-column: 1 / -1; margin: .25rem 0 0; font-size: .9rem; }
.fixes .figure { text-align: right; font-variant-numeric: tabular-nums; } .fixes .stack { margin: 0; }
.fall { font-size: .875rem; border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
.axis, .fall summary { display: grid; grid-template-columns: 3rem 5.5rem 1fr 4.75rem; gap: 0 .6rem; align-items: center;
  padding: 0 .75rem; min-height: 1.7rem; }
.axis { background: var(--card); border-bottom: 1px solid var(--line); color: var(--dim); font-size: .8rem; }
.ticks { position: relative; height: 1.2rem; } .ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.ticks span:first-child { transform: none; } .ticks span:last-child:not(:first-child) { transform: translateX(-85%); }
.fall summary { cursor: pointer; list-style: none; } .fall summary::-webkit-details-marker { display: none; }
.fall summary:hover, .fall details[open] > summary { background: var(--card); }
.fall summary:focus-visible { outline-offset: -2px; } .fall .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.fall .name::before { content: "▸"; display: inline-block; width: .9rem; color: var(--dim); }
.fall details[open] .name::before { content: "▾"; }
.track { position: relative; height: 1.7rem; background: repeating-linear-gradient(90deg, var(--line) 0 1px, transparent 1px var(--step)); }
.track .bar { position: absolute; top: .35rem; height: 1rem; min-width: 2px; border-radius: 1px; }
.pieces { list-style: none; margin: 0; padding: .4rem .75rem .6rem 4.4rem; background: var(--card);
  border-bottom: 1px solid var(--line); } .pieces > li { padding: .1rem 0; }
.halves { display: grid; grid-template-columns: 3fr 2fr; gap: 1.5rem 2.5rem; align-items: start; }
figure { margin: 0; min-width: 0; } figcaption { color: var(--dim); font-size: .925rem; margin-bottom: .9rem; }
figcaption .key { margin-left: .3rem; } .worst { background: var(--append); }
.plot { position: relative; height: 11rem; margin-left: 3.6rem; border-bottom: 1px solid var(--dim); }
.grid span { position: absolute; left: -3.6rem; right: 0; border-bottom: 1px solid var(--line); color: var(--dim);
  font-size: .78rem; line-height: 1; }
.slots { position: absolute; inset: 0; display: flex; gap: 1px; } .slots span { position: relative; flex: 1; }
.slots i { position: absolute; bottom: 0; left: 0; right: 0; } .slots .most { background: var(--append); left: 30%; right: 30%; }
.slots .median { background: var(--sync); }
.ends { display: flex; justify-content: space-between; margin-left: 3.6rem; color: var(--dim); font-size: .8rem; }
.numbers { margin-top: .6rem; font-size: .9rem; } .numbers summary { cursor: pointer; color: var(--link); }
.histogram { width: 100%; min-width: 0; } .histogram .bars { width: 45%; padding-right: 0; vertical-align: middle; }
.histogram .bar { display: block; height: .9rem; border-radius: 1px; min-width: 2px; } .histogram tbody th { font-weight: 400;
  white-space: nowrap; }
.talk { display: flex; align-items: stretch; margin: 0; padding: 0; list-style: none; font-size: .875rem; line-height: 1.4; }
.talk .column { flex: 1 1 8rem; min-width: 0; display: flex; flex-direction: column; justify-content: center; gap: .5rem; }
.box { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); padding: .5rem .7rem; overflow-wrap: anywhere; }
.box > * { display: block; } .box small, .box span { color: var(--dim); font-size: .8rem; }
.way { flex: 0 0 5.6rem; display: flex; flex-direction: column; justify-content: center; text-align: center; padding: 0 .3rem;
  color: var(--dim); font-size: .78rem; }
.way i { position: relative; height: 1px; margin: .3rem 0; background: var(--dim); }
.way i::after { content: ""; position: absolute; right: 0; top: -3px; border: 3.5px solid transparent; border-left: 6px solid var(--dim);
  border-right: 0; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--dim); font-size: .875rem; }
@media (max-width: 46rem) {
  body { padding: 1.25rem 1rem 2rem; } .summary { font-size: 1.35rem; } h2 { margin-top: 2.25rem; }
  .halves, .fixes li { grid-template-columns: minmax(0, 1fr); } .fixes .figure { text-align: left; }
  .tiles { grid-template-columns: 1fr 1fr; } .tiles strong { font-size: 1.35rem; }
  ol.path > li { display: block; padding-left: 2.6rem; } .talk { flex-direction: column; } .way { flex: none; padding: .3rem 0; } .way i { display: none; } .way::after { content: "↓"; }
  .axis, .fall summary { grid-template-columns: 4.6rem minmax(0, 1fr) 4.2rem; } .axis > :first-child, .fall summary > .number:first-child { display: none; }
  .pieces { padding-left: .75rem; } ul.evidence li { grid-template-columns: minmax(0, 1fr); padding-bottom: .3rem; }
  ul.numbered li { grid-template-columns: 3rem minmax(0, 1fr); } dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .4rem; } article { padding: .8rem .9rem; } .small { min-width: 0; width: 100%; }
  section > table:not(.small) > tbody > tr > th { min-width: 0; } th, td { padding-right: .6rem; }
}
@media print {
  :root { color-scheme: light; --back: #ffffff; --card: #ffffff; --text: #000000; --dim: #414850; --line: #b9bfc7;
    --link: #000000; --sync: #c5221f; --append: #b06000; --server: #1a73e8; --client: #6b7480; --queue: #7b3fb5;
    --critical: #b3261e; --warning: #8a5300; --info: #0b57d0; --clear: #146c2e; --tint: #ffffff; }
  @page { margin: 14mm 12mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; } nav { display: none; } h2 { margin-top: 1.6rem; break-after: avoid; }
  .summary { font-size: 1.4rem; } .tiles, .advice, .fixes li, .talk, .halves, .fall details, tr { break-inside: avoid; }
  article { break-inside: auto; } .talk { font-size: .8rem; } .way { flex-basis: 3.6rem; font-size: .65rem; }
  a.place { min-height: 0; } .box { padding: .35rem .45rem; } .numbers { display: none; } .track { height: 1.3rem; } .axis, .fall summary { min-height: 1.3rem; } .track .bar { top: .2rem; height: .9rem; }
}
`;
