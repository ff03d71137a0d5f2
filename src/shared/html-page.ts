import { escapeXml } from './escape-xml.ts';

/** Colours and elements that all reports share, for light and dark. */
const BASE_CSS = `
:root { color-scheme: light dark; --page: #fff; --text: #1f2733; --quiet: #5f6b7a; --line: #e3e7ec; --band: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f1318; --text: #e6eaf0; --quiet: #9aa6b5; --line: #2a323c; --band: #171c23; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 1450px; margin: 0 auto; padding: 0 26px; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); vertical-align: top; font-weight: normal; }
thead th { border-bottom: 2px solid var(--line); }
small { display: block; color: var(--quiet); font-size: 12px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 14px; }
dd { margin: 0; }
pre { overflow: auto; background: var(--band); border: 1px solid var(--line); border-radius: 6px; font: 12px/1.5 ui-monospace, monospace; }
@media (max-width: 750px) { header, main { padding: 0 12px; } }
`;

/**
 * Returns an HTML page without external resources or scripts; light or dark, as the reader prefers.
 *
 * @param page.css rules beside those that all reports share
 */
export function htmlPage({ title, css, body }: { title: string; css: string; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>${BASE_CSS}${css}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
