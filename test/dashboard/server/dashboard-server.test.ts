import { afterEach, describe, expect, it } from 'vitest';
import type { PageCommand } from '../../../src/dashboard/page/page-command.ts';
import { type Dashboard, serveDashboard } from '../../../src/dashboard/server/dashboard-server.ts';
import { EventHistory } from '../../../src/dashboard/server/event-history.ts';
import { sampleRun } from '../sample-run.ts';

const events = sampleRun({ file: { name: 'ring', nodes: { count: 3 }, links: 'ring' }, messages: 2 });
const page = { html: '<!doctype html>the page', contentSecurityPolicy: "default-src 'none'; script-src 'sha256-x'" };
let dashboard: Dashboard | undefined;
let done: PageCommand[];

afterEach(() => dashboard?.close());

async function serve() {
  const history = new EventHistory();
  history.add(events);
  done = [];
  dashboard = await serveDashboard({
    page,
    history,
    actions: {
      topology: { name: 'ring', nodes: ['n1', 'n2', 'n3'].map((name) => ({ name })) as never },
      run: async (command) => {
        done.push(command);
        return { ok: true, text: 'done' };
      },
    },
  });
  const url = new URL(dashboard.url);
  const token = url.searchParams.get('token') ?? '';
  const act = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(new URL('/commands', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { url, token, history, act };
}

describe('the server of the page', () => {
  it('serves it on loopback, with a policy, and keeps it out of caches and frames', async () => {
    const { url } = await serve();
    expect(url.hostname).toBe('127.0.0.1');
    const response = await fetch(url);
    expect(await response.text()).toBe(page.html);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-security-policy': page.contentSecurityPolicy,
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });

  it.each(['/', '/events', '/commands', '/../package.json', '/%2e%2e/etc/passwd'])(
    'says nothing without the token: %s',
    async (path) => {
      const { url } = await serve();
      const response = await fetch(new URL(path, url.origin));
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain('page</');
    },
  );

  it('has no other paths', async () => {
    const { url, token } = await serve();
    expect((await fetch(new URL(`/package.json?token=${token}`, url.origin))).status).toBe(404);
  });

  it('carries out commands, and refuses what is none', async () => {
    const { act } = await serve();
    expect(await (await act({ do: 'kill', node: 'n2' })).json()).toEqual({ ok: true, text: 'done' });
    for (const body of [
      'not JSON',
      { do: 'explode', node: 'n2' },
      { do: 'kill', node: 'n4' },
      { do: 'kill', node: 'n2', and: 'more' },
      { do: 'cut', from: 'n1', to: 'n1' },
      { do: 'partition', groups: [['n1'], ['n1', 'n2']] },
      { do: 'link', from: 'n1', to: 'n2', conditions: { loss: 2 } },
      { do: 'link', from: 'n1', to: 'n2', conditions: {} },
      { do: 'link', from: 'n1', to: 'n2', conditions: { delay: 1, jitter: 2 } },
    ]) {
      expect(await (await act(body)).json(), JSON.stringify(body)).toMatchObject({ ok: false });
    }
    expect(done).toEqual([{ do: 'kill', node: 'n2' }]);
  });

  it('refuses commands of other sites before it reads them', async () => {
    const { act } = await serve();
    expect((await act({ do: 'kill', node: 'n2' }, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await act({ do: 'kill', node: 'n2' }, { authorization: 'Bearer x' })).status).toBe(401);
    expect(done).toEqual([]);
  });

  it('sends what happened, says when that is all, and goes on', async () => {
    const { url, token, history } = await serve();
    const stream = await fetch(new URL(`/events?token=${token}`, url.origin));
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const readUntil = async (part: string) => {
      while (!text.includes(part)) text += (await reader.read()).value;
    };
    await readUntil('event: ready');
    const first = JSON.parse(/^data: (\[.*)$/m.exec(text)![1]!) as { type: string }[];
    expect(first.map(({ type }) => type).slice(0, 3)).toEqual(['recording', 'topology', 'nodes']);
    history.add([{ type: 'heal', time: '2026-01-31T13:00:00.000000Z', name: 'the-last' }]);
    await readUntil('the-last');
    await reader.cancel();
  });
});
