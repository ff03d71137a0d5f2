/** Rules beside those that all reports share. */
export const REPORT_CSS = `
:root { --bad: #c8323c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff6b6b; } }
.name { margin: 30px 0 0; color: var(--quiet); font-weight: 600; }
h1 { margin: 2px 0 6px; max-width: 34em; font-size: 27px; line-height: 1.25; }
h2 { margin: 36px 0 8px; font-size: 19px; }
.quiet { color: var(--quiet); max-width: 60em; margin: 0 0 14px; }
.wide { overflow-x: auto; }
table { margin: 18px 0 26px; }
th, td { padding: 6px 18px 6px 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th[scope=row] { font-weight: 600; text-align: left; }
td.words { text-align: left; }
thead th { color: var(--quiet); vertical-align: bottom; }
thead th:first-child { text-align: left; }
tbody tr:hover > * { background: var(--band); }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); gap: 26px 30px; align-items: start; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; max-height: 640px; }
dl { max-width: 70em; }
dt { font-weight: 600; }
dd { color: var(--quiet); }
pre { padding: 12px 16px; margin-bottom: 50px; }
.failed h2, .failed b { color: var(--bad); }
@media (max-width: 750px) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 8px; } }
`;
