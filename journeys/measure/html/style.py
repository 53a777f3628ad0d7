"""How the page looks: one style sheet, written into it.

Colours have names and two values, for light and for dark; paper is always light.  They were chosen
from one blue, one orange, one wine and one grey that differ in lightness as well, so that they stay
apart for the colour-blind and in print without colour; what is held out is hatched.  Words reach
a contrast of 4.5 to 1 on whatever lies behind them and shapes 3 to 1 (a test counts it).

Fonts are those of the reader's system, and digits are of one width, so that columns line up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "ink": "#15191e",
    "soft": "#56606b",
    "line": "#dde2e7",
    "link": "#1b5e9e",
    "sent": "#1b5e9e",
    "waiting": "#4e94ce",
    "limits": "#bd5d00",
    "wish": "#7d1d4a",
    "unfit": "#868f99",
    "back": "#a34f00",
}
DARK: Final[Mapping[str, str]] = {
    "paper": "#13161a",
    "ink": "#e9ecef",
    "soft": "#a5aeb8",
    "line": "#323941",
    "link": "#7fbcf5",
    "sent": "#6fb1ee",
    "waiting": "#3f7db8",
    "limits": "#ee9336",
    "wish": "#e58bb4",
    "unfit": "#78828d",
    "back": "#f0a35a",
}


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


_RULES: Final = """
*, *::before, *::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0; padding: 0 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums lining-nums; overflow-wrap: break-word;
}
main, header, nav, footer { max-width: 60rem; margin: 0 auto }
h1, h2 {
  font-family: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Charter, Georgia, serif;
  font-weight: 500; line-height: 1.2; letter-spacing: -0.01em; text-wrap: balance;
}
h1 { font-size: clamp(1.8rem, 1.3rem + 2.4vw, 2.6rem); margin: 0 }
h2 { font-size: clamp(1.45rem, 1.2rem + 1.2vw, 1.9rem); margin: 0.1rem 0 0.6rem }
h3 { font-size: 1.05rem; font-weight: 650; line-height: 1.3; margin: 0 0 0.35rem }
p { margin: 0 0 0.8rem; max-width: 42rem }
a { color: var(--link); text-underline-offset: 0.15em }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 2px }
header { padding: 3rem 0 1.6rem }
.kicker { margin: 0; color: var(--soft); font-size: 0.85rem; letter-spacing: 0.02em }
.soft, caption, figcaption, small { color: var(--soft) }
small { font-size: 0.8125rem }

dl.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.7rem 1.5rem; margin: 1.4rem 0 0;
}
dl.facts dt { font-size: 0.8125rem; color: var(--soft) }
dl.facts dd { margin: 0; overflow-wrap: anywhere }
dl.figures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(9.4rem, 1fr)); gap: 1.2rem 1.5rem; margin: 1.4rem 0 0;
}
dl.figures > div { border-top: 2px solid var(--line); padding-top: 0.5rem }
dl.figures dt { font-size: 0.8125rem; color: var(--soft) }
dl.figures dd { margin: 0; font-size: 1.4rem; line-height: 1.3; font-weight: 550; letter-spacing: -0.01em }
dl.figures dd.small { font-size: 0.8125rem; font-weight: 400; letter-spacing: 0; color: var(--soft) }

nav ul { list-style: none; margin: 0.9rem 0 0; padding: 0 }
nav li small { display: block }
nav li { padding: 0.45rem 0; border-top: 1px solid var(--line) }
.journey { border-top: 2px solid var(--ink); padding-top: 1rem; margin-top: 2.6rem }
header + main > .journey:first-child { margin-top: 0 }
.part { margin-top: 2.6rem }
.pair { display: grid; gap: 1.2rem 2.6rem; align-items: start }
.pair > * { min-width: 0 }
figure { margin: 0.9rem 0 0 }
figcaption { font-size: 0.8125rem; margin-top: 0.4rem; max-width: 42rem }
ul.told {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 0.8rem 1.5rem;
  margin: 1.2rem 0 0; padding: 0; list-style: none; font-size: 0.9375rem;
}
ul.told li { padding: 0.1rem 0 0.1rem 0.85rem; border-left: 3px solid var(--line) }
ul.told li.sure { border-left-color: var(--sent) }
ul.told p { margin: 0 }

table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.35 }
caption { text-align: left; font-size: 0.8125rem; padding: 0 0 0.35rem }
th, td { padding: 0.36rem 0 0.36rem 0.75rem; text-align: right; vertical-align: baseline; font-weight: 400 }
th:first-child, td:first-child { padding-left: 0; text-align: left }
thead th { font-size: 0.8125rem; color: var(--soft); vertical-align: bottom; line-height: 1.2 }
tbody tr { border-top: 1px solid var(--line) }
tbody th { font-weight: 500 }
td.words { text-align: left; color: var(--soft); font-size: 0.85rem }
td.chart { width: 45%; min-width: 4.5rem; vertical-align: middle }
td small, th small { display: block; font-weight: 400 }
tr.step th { font-weight: 400; padding-left: 0.9rem }
tr.step { color: var(--soft) }
tr.phase th { color: var(--soft); font-size: 0.8125rem; padding-top: 0.9rem }
tr.phase + tr { border-top-color: transparent }
tr.all { border-top: 1px solid var(--soft); font-weight: 600 }
tr.axis, tr.axis td { border: 0; color: var(--soft); font-size: 0.75rem; padding-top: 0 }
tr.axis td.chart span:last-child { float: right }
tr.axis td.chart span:first-child { float: left }
td { white-space: nowrap }
tbody th { overflow-wrap: anywhere; min-width: 6rem }
table:has(td.words) thead th:last-child { text-align: left }
td.words { white-space: normal; overflow-wrap: anywhere }
table.wide td.chart { width: 55% } table.wide td:nth-child(n+3) { width: 4.75rem }
table.changes td.chart { width: 18% } table.changes td:nth-child(n+3) { width: 4.75rem }
details + p { margin-top: 1.2rem }
pre {
  margin: 0; padding: 0.1rem 0 0.1rem 0.85rem; border-left: 3px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere;
  font: 0.8125rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
.worth, .spreads { margin-top: 1.8rem }
.worth { overflow-x: auto }

details { margin-top: 0.9rem; font-size: 0.9rem }
summary { cursor: pointer; color: var(--link); width: fit-content; padding: 0.2rem 0; font-size: 0.875rem }
details table { margin: 0.4rem 0 1.2rem; font-size: 0.85rem }
details p { font-size: 0.9rem }

svg { display: block; overflow: visible }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--soft) }
svg.bars { width: 100%; height: 0.8rem }
svg.stacked { height: 1rem } svg.paired { width: 100%; height: 1.25rem }
svg.whisker { width: calc(100% - 12px); margin: 0 6px; height: 1.3rem }
svg.flow { width: 100%; max-width: 26rem; height: auto }
svg.columns { width: 100%; max-width: 34rem; height: auto }
svg.survival { width: 100%; height: auto }
.sent { fill: var(--sent) } .waiting { fill: var(--waiting) } .held { fill: url(#held) } .limits { fill: var(--limits) }
.wish { fill: var(--wish) } .unfit, .none { fill: var(--unfit) }
.before { fill: var(--unfit) } .after { fill: var(--sent) }
.now { fill: var(--ink) } .room { fill: var(--line) } .between { fill: var(--waiting) }
.stacked rect { stroke: var(--paper); stroke-width: 1 }
.axis, .grid { stroke: var(--line); stroke-width: 1; shape-rendering: crispEdges }
.mark, .median { stroke: var(--ink); stroke-width: 1.5 } .median { stroke-width: 2.5 }
.interval { stroke: var(--sent); stroke-width: 2 }
.whisker circle, .survival circle { fill: var(--sent); stroke: var(--paper); stroke-width: 1.5 }
.whisker.before .interval { stroke: var(--unfit) } .whisker.before circle { fill: var(--unfit) }
.curve { fill: none; stroke: var(--sent); stroke-width: 1.6; stroke-linejoin: round }
.under { fill: var(--sent); opacity: 0.1 }
#held path { stroke: var(--sent); stroke-width: 2.2 } #held rect { fill: var(--paper) }
.flow text { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round }
.flow .name { font-size: 12.5px; font-weight: 650; fill: var(--ink) }
.flow .forward path { fill: var(--sent); opacity: 0.34 } .flow .entering path { fill: var(--sent); opacity: 0.16 }
.flow .ending path { fill: var(--unfit); opacity: 0.5 } .flow .stop { fill: var(--ink) }
.flow .back path { fill: none; stroke: var(--limits); opacity: 0.5 } .flow .back polygon { fill: var(--limits) }
.flow .bar { fill: var(--sent) } .flow .bar-back { fill: var(--limits) } .flow .bar-now { fill: var(--ink) }
.flow .gone-back { fill: var(--back) }
ul.legend {
  display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none; margin: 0.4rem 0 0.9rem; padding: 0;
  font-size: 0.8125rem; color: var(--soft);
}
ul.legend svg {
  display: inline-block; width: 0.8rem; height: 0.8rem; margin-right: 0.4rem; vertical-align: -0.06rem;
}
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1.2rem; margin-top: 0.9rem }
.panels h4 { margin: 0; font-size: 0.9rem; font-weight: 600 }
.panels p { font-size: 0.8125rem; line-height: 1.35; color: var(--soft); margin: 0 0 0.3rem }
footer {
  border-top: 1px solid var(--line); margin-top: 3.2rem; padding-top: 1rem; font-size: 0.875rem; color: var(--soft);
}

@media (min-width: 52rem) {
  .pair { grid-template-columns: minmax(0, 26rem) minmax(0, 1fr) }
  .pair.even { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) }
  .panels { grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); gap: 1.6rem }
  svg.survival text { font-size: 9px } svg.columns text { font-size: 8.5px }
}
@media (max-width: 28rem) {
  table { font-size: 0.8125rem } details table { font-size: 0.75rem } thead th { font-size: 0.75rem }
  th, td { padding-left: 0.45rem }
  td.chart { width: 34% } tbody th { min-width: 4.6rem }
  .panels p { min-height: 2.2rem }
  table.changes td:nth-child(n) { width: auto } table.changes td:nth-child(2) { display: none }
  table.wide tr { display: grid; grid-template-columns: minmax(0, 1fr) repeat(3, minmax(4rem, max-content)) }
  table.wide tr.phase { display: block }
  table.wide td:nth-child(n) { width: auto }
  table.wide td:nth-child(2) { grid-area: 2 / 1 / 3 / -1; padding: 0 0 0.6rem }
  table.wide thead td:nth-child(2), table.wide .all td:nth-child(2) { display: none }
}
@media print {
  @page { margin: 16mm 15mm }
  html { font-size: 12.5px }
  body { padding: 0; line-height: 1.45; -webkit-print-color-adjust: exact; print-color-adjust: exact }
  header { padding-top: 0 }
  .journey { break-before: page; margin-top: 0 }
  header + main > .journey:first-child { break-before: auto; margin-top: 1.5rem }
  h1, h2, h3, h4, caption, thead, .head, .head + p, .legend { break-after: avoid }
  tr, p, figure, .pair, .panels > *, .head, dl.figures, ul.told li { break-inside: avoid }
  .part { margin-top: 1.6rem }
  dl.figures { grid-template-columns: repeat(5, minmax(0, 1fr)) }
  .pair { grid-template-columns: 20rem minmax(0, 1fr) }
  .pair.even { grid-template-columns: repeat(2, minmax(0, 1fr)) }
  summary { list-style: none; color: inherit; font-weight: 600; break-after: avoid }
  summary::-webkit-details-marker { display: none }
  /* Paper cannot be opened: what is folded away on a screen is there. */
  details::details-content { content-visibility: visible; display: block; block-size: auto }
  details:not([open]) > :not(summary) { display: revert }
  a { color: inherit; text-decoration: none }
}
"""

STYLE: Final = (
    f":root{{color-scheme:light;{_variables(LIGHT)}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{_variables(DARK)}}}}}\n" + _RULES
)
