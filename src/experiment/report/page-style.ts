/** How the page looks, by day and by night. */
export const REPORT_CSS = `
:root { color-scheme: light dark; --page: #fff; --text: #1f2733; --quiet: #5f6b7a; --line: #e3e7ec; --band: #f5f7f9; --bad: #c8323c; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f1318; --text: #e6eaf0; --quiet: #9aa6b5; --line: #2a323c; --band: #171c23; --bad: #ff6b6b; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 1400px; margin: 0 auto; padding: 0 28px; }
.name { margin: 30px 0 0; color: var(--quiet); font-weight: 600; }
h1 { margin: 2px 0 6px; max-width: 34em; font-size: 27px; line-height: 1.25; }
h2 { margin: 36px 0 8px; font-size: 19px; }
.quiet { color: var(--quiet); max-width: 60em; margin: 0 0 14px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 18px 0 26px; }
th, td { padding: 6px 18px 6px 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap; font-weight: normal; font-variant-numeric: tabular-nums; }
th[scope=row] { font-weight: 600; text-align: left; }
td.words { text-align: left; }
thead th { color: var(--quiet); vertical-align: bottom; border-bottom: 2px solid var(--line); }
thead th:first-child { text-align: left; }
tbody tr:hover > * { background: var(--band); }
small { display: block; color: var(--quiet); font-size: 11.5px; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); gap: 26px 30px; align-items: start; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; max-height: 640px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; max-width: 70em; }
dt { font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
pre { padding: 12px 16px; overflow: auto; background: var(--band); border: 1px solid var(--line); border-radius: 6px; font: 12.5px/1.5 ui-monospace, monospace; margin-bottom: 50px; }
.failed h2, .failed b { color: var(--bad); }
@media (max-width: 700px) { header, main { padding: 0 14px; } dl { grid-template-columns: 1fr; } dd { margin-bottom: 8px; } }
`;
