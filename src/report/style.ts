/** The look of a page: one set of colours for light, one for dark, and paper is always light. */

const LIGHT = `
  --paper: #fdfdfc; --raised: #f5f5f2; --ink: #24262b; --soft: #666b74; --line: #dcdcd6; --link: #2a5d9c;
  --good: #2c7a52; --bad: #b23a48; --warn: #8a5a00; --warn-paper: #fdf5e3;
  --c1: #3a6ea5; --c2: #d07a2d; --c3: #3f9174; --c4: #8e5ea2; --c5: #b8495c; --c6: #8a7a2e; --c7: #2b8a9e; --c8: #777d86;`;

const DARK = `
  --paper: #17191d; --raised: #1f2227; --ink: #e4e5e7; --soft: #a0a5ae; --line: #363a42; --link: #8ab8ec;
  --good: #6cc598; --bad: #ee8893; --warn: #e6bd6c; --warn-paper: #2b2618;
  --c1: #74a9dd; --c2: #eba15f; --c3: #6dc3a4; --c4: #c093d3; --c5: #e58492; --c6: #cdbb66; --c7: #65c0d2; --c8: #a4aab3;`;

export const STYLE = `
:root { color-scheme: light dark;${LIGHT}
}
@media (prefers-color-scheme: dark) { :root {${DARK}
} }
@media print { :root { color-scheme: light;${LIGHT}
  --paper: #fff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { margin: 2.75rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); font-size: 1.25rem; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; }
p, ul, ol, dl { margin: .6rem 0; max-width: 46rem; overflow-wrap: break-word; }
a { color: var(--link); }
.subtitle { margin: .5rem 0 0; color: var(--soft); }
.muted, .note { color: var(--soft); }
.note { font-size: .9rem; }
.warning { margin: .9rem 0; padding: .6rem .9rem; border-left: 3px solid var(--warn); background: var(--warn-paper); }
.good, .right { color: var(--good); }
.bad, .wrong { color: var(--bad); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1.5rem 0 0; padding: 0; list-style: none; max-width: none; }
.table { overflow-x: auto; margin: .9rem 0; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .32rem .85rem .32rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
thead th { border-bottom-color: var(--soft); vertical-align: bottom; }
td:first-child { min-width: 7.5rem; }
th.number, td.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1.2rem; font-size: .92rem; max-width: none; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: .6rem 0; padding: .7rem .9rem; border-radius: 4px; background: var(--raised); white-space: pre-wrap;
  overflow-wrap: anywhere; }
figure { margin: 1.4rem 0; }
figcaption { margin-bottom: .4rem; font-weight: 600; }
svg.chart { display: block; width: 100%; height: auto; max-width: 54rem; }
svg.chart text { fill: var(--ink); font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
svg.chart .quiet { fill: var(--soft); }
.card { display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr); gap: 0 1.4rem; margin: 1rem 0; padding: 1rem;
  border: 1px solid var(--line); border-radius: 6px; background: var(--raised); }
.card > * { min-width: 0; }
.card > :only-child { grid-column: 1 / -1; }
.card h3, .card p:first-child, .card pre:first-child { margin-top: 0; }
.card pre { background: var(--paper); }
img.picture { display: block; max-width: 100%; height: auto; border-radius: 3px; background: #fff; }
.picture.broken { display: block; padding: 1rem; border: 1px dashed var(--line); color: var(--soft); font-size: .9rem; }
details > summary { cursor: pointer; color: var(--soft); }
@media (max-width: 40rem) { body { padding: 1.5rem 1rem 3rem; } .card { grid-template-columns: minmax(0, 1fr); gap: .8rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } nav { display: none; }
  h2, h3, figcaption { break-after: avoid; } figure, .card, tr, .warning { break-inside: avoid; }
  thead { display: table-header-group; } .table { overflow: visible; } a { color: inherit; } }
`;
