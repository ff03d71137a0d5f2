import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a browser; undefined where there is none, and tests in one are skipped. */
export const browserPath = [process.env.CHROMIUM, ...CANDIDATES].find((path) => path && existsSync(path));

if (!browserPath) console.warn('SKIPPED: tests in a browser need one (Debian: apt-get install chromium)');

/** A page in a browser, with all that went wrong in it. */
export interface OpenedPage {
  page: Page;
  /** Errors of scripts, violations of the page's policy, failed requests. */
  problems: string[];
  /** Addresses that were asked for, beside the page's own. */
  requests: string[];
}

/** Starts a browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox', '--disable-gpu'] });
}

export async function openPage(
  browser: Browser,
  url: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
  page.setDefaultTimeout(30_000);
  const opened: OpenedPage = { page, problems: [], requests: [] };
  page.on('pageerror', (error) => opened.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') opened.problems.push(message.text());
  });
  page.on('dialog', (dialog) => {
    opened.problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.goto(url);
  return opened;
}
