/** How the page looks, by day and by night. */
export const reportCss = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1c2128; --quiet: #5f6b7a; --line: #dfe3e8; --band: #f4f6f8;
  --ok: #1a7f37; --loose: #9a6700; --fail: #cf222e; --info: #0969da; --skip: #8b949e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --text: #e4e8ed; --quiet: #97a3b2; --line: #2b323b; --band: #181d24;
    --ok: #3fb950; --loose: #d29922; --fail: #f85149; --info: #58a6ff; --skip: #6e7681;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
header, main { max-width: 1500px; margin: 0 auto; padding: 0 24px; }
h1 { margin: 28px 0 4px; font-size: 26px; }
header p { margin: 0; color: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 14px 0 18px; padding: 0; list-style: none; font-size: 13px; color: var(--quiet); }
table { width: 100%; border-collapse: collapse; table-layout: fixed; margin-bottom: 48px; }
th, td { padding: 7px 12px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: normal; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 2px solid var(--line); }
th.case { width: 36%; }
thead th.case { vertical-align: bottom; color: var(--quiet); }
small { display: block; color: var(--quiet); font-size: 12px; }
.name { display: block; font-weight: 600; overflow-wrap: anywhere; }
.number { display: inline-block; min-width: 40px; font-variant-numeric: tabular-nums; color: var(--quiet); }
tbody th.case small { margin-left: 44px; }
.section th { padding-top: 26px; font-weight: 600; font-size: 17px; }
tr:hover > .case, tr:hover > td { background: var(--band); }
.bar { display: flex; gap: 1px; height: 6px; margin: 6px 0; border-radius: 3px; overflow: hidden; }
i.ok { background: var(--ok); } i.loose { background: var(--loose); } i.fail { background: var(--fail); }
i.info { background: var(--info); } i.skip { background: var(--skip); }
.mark { display: inline-block; min-width: 42px; padding: 0 8px; border: 1px solid currentColor; border-radius: 10px; font-size: 12px; line-height: 19px; text-align: center; }
.mark.ok { color: var(--ok); } .mark.loose { color: var(--loose); } .mark.info { color: var(--info); } .mark.skip { color: var(--skip); }
.mark.fail { color: var(--page); background: var(--fail); border-color: var(--fail); }
.took { margin-left: 8px; font-size: 12px; color: var(--quiet); }
.none { color: var(--skip); font-size: 12px; }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; border-radius: 10px; }
pre b { font-weight: normal; color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 10px 0 6px; font-size: 13px; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 6px 0 10px; padding: 8px 10px; max-height: 420px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--band); border: 1px solid var(--line); border-radius: 6px; font: 11.5px/1.5 ui-monospace, monospace; }
@media (max-width: 800px) { header, main { padding: 0 10px; } th, td { padding: 6px; } th.case { width: 44%; } }
`;
