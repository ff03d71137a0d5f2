import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeXml } from '../../shared/escape-xml.ts';
import { packageRoot } from '../../shared/files/package-root.ts';
import type { PageSetup } from '../page/page-message.ts';

/** A page, and the policy that its server sends with it. */
export interface Page {
  html: string;
  contentSecurityPolicy: string;
}

/** A recording in a page: blocks of compressed lines of JSON, in base64. */
export interface EmbeddedRecording {
  states: readonly string[];
  /** Read after the rest. */
  log: readonly string[];
}

/**
 * Returns the page as one document: its script and styles are in it, and the policy allows no others.
 * @param recording of a replay
 */
export function renderPage(setup: PageSetup, recording?: EmbeddedRecording): Page {
  const [script, styles] = [readAsset('page.js'), readAsset('page.css')];
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(styles)}`,
    'img-src data:',
    recording === undefined ? "connect-src 'self'" : "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  // A file that is opened from disk has no header.
  const meta =
    recording === undefined ? '' : `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">\n`;
  const embed = (blocks: readonly string[] = [], name: string) =>
    blocks.map((block) => `<script type="text/plain" data-recording="${name}">${block}</script>\n`).join('');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${meta}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeXml(setup.network)} – devnet</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${styles}</style>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript.</noscript></div>
<script type="application/json" id="setup">${JSON.stringify(setup).replaceAll('<', '\\u003c')}</script>
${embed(recording?.states, 'states')}<script>${script}</script>
${embed(recording?.log, 'log')}</body>
</html>
`;
  return { html, contentSecurityPolicy: [...policy, "frame-ancestors 'none'"].join('; ') };
}

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g stroke="#8d99a8" stroke-width="2.5"><path d="M8 9 24 7M8 9 15 25M24 7 15 25"/></g><g fill="#3b6ea8"><circle cx="8" cy="9" r="5"/><circle cx="24" cy="7" r="5"/><circle cx="15" cy="25" r="5"/></g></svg>`;

/** Reads what `npm run build` made of src/dashboard/web. */
function readAsset(name: string): string {
  return readFileSync(join(packageRoot, 'dist', 'dashboard', name), 'utf8').trim();
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
