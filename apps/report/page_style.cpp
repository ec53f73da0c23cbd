#include "report/page_style.hpp"

namespace jest::apps::report {
namespace {

constexpr const char* kColorScheme = R"(
:root { color-scheme: light dark;
  --page: #fff; --ink: #1a1c20; --muted: #5a6069; --line: #d9dce1; --faint: #f4f5f7;
  --blue: #0072b2; --vermillion: #d55e00; --green: #009e73; --purple: #cc79a7;
  --orange: #b97f00; --sky: #3a93c8; --yellow: #9a8f00; --other: #a9aeb6;
  --violet: #5b3fb5; --brown: #8c510a;
  --orange-fill: #e69f00; --sky-fill: #56b4e9; --yellow-fill: #f0e442; --gap: 16px; }
@media (prefers-color-scheme: dark) { :root {
  --page: #15171b; --ink: #e9ebee; --muted: #a3a9b3; --line: #363b44; --faint: #1e2127;
  --blue: #56b4e9; --vermillion: #e8702a; --green: #1fb88c; --purple: #cc79a7;
  --orange: #e69f00; --sky: #8fcdf2; --yellow: #f0e442; --other: #6d737d;
  --violet: #b3a1ff; --brown: #d2a06a; } }
)";

constexpr const char* kText = R"(
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 15px; font-weight: 600; color: var(--muted); letter-spacing: .02em; }
h2 { font-size: 28px; margin-top: 6px; }
section + section { margin-top: 64px; }
h3 { font-size: 20px; margin: 48px 0 14px; padding-top: 20px; border-top: 1px solid var(--line); }
h4 { font-size: 16px; margin: 28px 0 10px; }
p { max-width: 75ch; margin: 10px 0; overflow-wrap: anywhere; }
a { color: var(--blue); }
.lead { font-size: 20px; line-height: 1.5; margin: 18px 0 14px; max-width: 64ch; }
.notes { max-width: 75ch; padding-left: 20px; margin: 0; color: var(--muted); }
.notes li { margin: 4px 0; overflow-wrap: anywhere; }
.fine, .absent { font-size: 14px; color: var(--muted); }
.absent { font-style: italic; }
code, pre { font: 13.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: var(--faint); border-radius: 6px; padding: 12px 16px; margin: 12px 0;
  white-space: normal; overflow-wrap: anywhere; }
pre span { display: inline-block; max-width: 100%; white-space: pre-wrap; }
dl { margin: 12px 0; display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; }
dt { font-weight: 600; }
dd { margin: 0; max-width: 75ch; overflow-wrap: anywhere; }
.box { background: var(--faint); border-radius: 10px; padding: 20px 24px; }
.box h2 { font-size: 20px; margin: 0; }
)";

constexpr const char* kTables = R"(
.scroll { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; font-size: 14.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 0 7px var(--gap); text-align: right; vertical-align: baseline;
  white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; }
thead th { font-size: 13px; font-weight: 500; color: var(--muted); vertical-align: bottom;
  white-space: normal; min-width: 58px; line-height: 1.3; }
thead tr:not(:last-child) th { border-bottom: 0; padding-bottom: 0; }
thead tr:not(:last-child) th.group { color: var(--ink); font-weight: 600; white-space: nowrap;
  text-align: center; padding-bottom: 5px;
  background: linear-gradient(var(--line), var(--line)) right bottom / calc(100% - var(--gap)) 1px
    no-repeat; }
tbody th { font-weight: 500; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); }
th.text, td.text { text-align: left; }
.detail { display: block; line-height: 1.3; color: var(--muted); font-size: 12.5px; }
.pair { display: grid; gap: 12px 40px; grid-template-columns: 1fr 1fr; align-items: start; }
.samples table { width: 100%; }
.samples td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 200px;
  width: 100%; }
.samples thead th { min-width: 0; }
.samples thead th:last-child { color: var(--ink); font-weight: 600; }
.side { display: block; }
.side + .side { color: var(--muted); }
.pictures tbody > tr > * { vertical-align: middle; }
.pictured { display: flex; align-items: center; gap: 12px; }
.pictured .side { min-width: 0; }
.glyph { flex: none; display: block; border: 1px solid var(--line); }
.passage { font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  white-space: pre-wrap; max-height: 152px; overflow-y: auto; }
)";

constexpr const char* kCharts = R"(
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr));
  gap: 28px 32px; align-items: start; margin: 14px 0; }
.charts > * { max-width: 480px; min-width: 0; }
figure { margin: 0; }
figcaption { font-weight: 600; font-size: 15px; margin-bottom: 6px; }
figure svg { display: block; width: 100%; height: auto; overflow: visible; }
figure text { font-size: 13px; fill: var(--muted); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; }
.base { stroke: var(--muted); stroke-width: 1; }
.band { opacity: .14; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.area { stroke: var(--page); stroke-width: 1; }
.level { stroke: var(--muted); stroke-width: 1.4; stroke-dasharray: 2 4; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0;
  margin: 8px 0; font-size: 14px; }
.legend .value { color: var(--muted); font-variant-numeric: tabular-nums; }
.arm { display: inline-flex; align-items: center; }
.swatch { flex: none; width: 26px; height: 8px; margin-right: 8px; vertical-align: middle; }
.swatch line { stroke-width: 2.6; }
.box-key, span.box { display: inline-block; width: 12px; height: 12px; border-radius: 2px;
  padding: 0; margin-right: 7px; vertical-align: -1px; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 7px 14px;
  align-items: center; font-size: 14.5px; max-width: 900px; }
.bar { display: flex; height: 16px; }
.bar span { min-width: 0; border-right: 1px solid var(--page); }
.bar-value { text-align: right; font-variant-numeric: tabular-nums; }
)";

constexpr const char* kNarrow = R"(
@media (max-width: 760px) {
  main { padding: 20px 16px 48px; }
  h2 { font-size: 24px; }
  .lead { font-size: 18px; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: 10px; }
  .box { padding: 16px; }
  :root { --gap: 12px; }
  tbody th { white-space: normal; overflow-wrap: break-word; }
  .arm { min-width: 126px; }
  .arm .swatch { width: 18px; margin-right: 6px; }
  .samples tbody th { white-space: nowrap; }
  .samples td.text:not(:last-child) { white-space: normal; overflow-wrap: break-word; }
  .bars { grid-template-columns: 1fr max-content; gap: 2px 12px; }
  .bar-name { grid-column: 1 / -1; margin-top: 6px; }
}
@media print { .scroll { overflow: visible; } section { break-inside: auto; } }
)";

}  // namespace

std::string page_style() { return std::string(kColorScheme) + kText + kTables + kCharts + kNarrow; }

}  // namespace jest::apps::report
