import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { renderPage } from '../../../src/dashboard/server/page-html.ts';
import { renderReplayPage } from '../../../src/dashboard/server/replay/replay-page.ts';
import { toEventLines } from '../../../src/recording/recording-lines.ts';
import { sampleRun } from '../sample-run.ts';

const HOSTILE = '</script><script>alert(1)</script>';
const setup = { mode: 'live' as const, network: HOSTILE, capabilities: [], commandPrefix: 'devnet' };

/** Returns the scripts of a page that a browser runs. */
const scriptsOf = (html: string) => [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script!);

describe('the page', () => {
  it('has one script, which is the one that its policy allows, and nothing from elsewhere', () => {
    const { html, contentSecurityPolicy } = renderPage(setup);
    const scripts = scriptsOf(html);
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    const rules = contentSecurityPolicy.split('; ');
    expect(rules).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        `script-src 'sha256-${hash}'`,
        "connect-src 'self'",
        "base-uri 'none'",
      ]),
    );
    expect(contentSecurityPolicy).not.toMatch(/unsafe|\*/);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; – devnet');
  });

  it('is small, and a replay carries its policy and may connect to nothing', async () => {
    const file = { name: 'ring', nodes: { count: 20 }, links: 'ring' };
    const { html } = await renderReplayPage(
      (async function* () {
        yield sampleRun({ file }).flatMap(toEventLines);
      })(),
    );
    expect(html.length).toBeLessThan(1_500_000);
    expect(html).toContain('<meta http-equiv="Content-Security-Policy"');
    expect(html).toContain("connect-src 'none'");
    expect(scriptsOf(html)).toHaveLength(1);
  });
});
