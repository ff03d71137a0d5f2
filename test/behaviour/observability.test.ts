import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { devnet, start } from '../support/cli.ts';
import { hasNamespaces } from '../support/namespaces.ts';
import { root } from '../support/paths.ts';
import { hasPrometheus, startPrometheus } from '../support/prometheus.ts';
import { spawnSync } from '../support/run-sync.ts';
import { until } from '../support/until.ts';

const example = join(root, 'examples/observability');
const readExample = (path: string) => readFileSync(join(example, path), 'utf8');

interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource: { type: string; uid: string };
  targets: { refId: string; expr: string }[];
}

const dashboard = JSON.parse(readExample('grafana/dashboards/devnet.json')) as {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; datasource: { uid: string }; query: { query: string } }[] };
  annotations: { list: { expr: string; datasource: { uid: string } }[] };
};
const compose = parse(readExample('compose.yaml')) as {
  services: Record<
    string,
    { network_mode: string; volumes: string[]; command?: string[]; environment?: Record<string, string> }
  >;
};
const [prometheusService, grafana] = [compose.services.prometheus!, compose.services.grafana!];

/** Returns the file of the example that a path in a container is. */
function sourceOf(volumes: readonly string[], path: string): string | undefined {
  for (const volume of volumes) {
    const [source, target, mode] = volume.split(':') as [string, string, string];
    expect(mode).toBe('ro');
    if (path === target || path.startsWith(`${target}/`)) return join(example, source, path.slice(target.length));
  }
  return undefined;
}

describe('the example of Prometheus and Grafana', () => {
  it.skipIf(spawnSync('docker-compose', ['version']).status !== 0)(
    'is a compose file (apt-get install docker-compose)',
    () => {
      const { status, stderr } = spawnSync('docker-compose', ['-f', join(example, 'compose.yaml'), 'config', '-q']);
      expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' });
    },
  );

  it.skipIf(spawnSync('promtool', ['--version']).status !== 0)('configures Prometheus', () => {
    const { status, stderr } = spawnSync('promtool', ['check', 'config', join(example, 'prometheus.yml')]);
    expect({ status, stderr: String(stderr) }).toMatchObject({ status: 0 });
  });

  it('mounts what its programs are told to read, and listens on loopback only', () => {
    const { volumes, command, network_mode: mode } = prometheusService;
    const config = command?.find((option) => option.startsWith('--config.file='))?.split('=')[1] ?? '';
    expect(existsSync(sourceOf(volumes, config) ?? '')).toBe(true);
    expect(command).toContain('--web.listen-address=127.0.0.1:9090');
    expect([mode, grafana.network_mode]).toEqual(['host', 'host']);
    expect(grafana.environment?.GF_SERVER_HTTP_ADDR).toBe('127.0.0.1');
    const home = grafana.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '';
    expect(sourceOf(grafana.volumes, home)).toBe(join(example, 'grafana/dashboards/devnet.json'));
    // Where Grafana looks for it by itself.
    const provisioning = sourceOf(grafana.volumes, '/etc/grafana/provisioning') ?? '';
    expect(provisioning).toBe(join(example, 'grafana/provisioning'));
    const { providers } = parse(readExample('grafana/provisioning/dashboards/devnet.yaml'));
    expect(sourceOf(grafana.volumes, providers[0].options.path)).toBe(join(example, 'grafana/dashboards'));
  });

  it('has a dashboard whose queries go to the Prometheus that it starts', () => {
    const { datasources } = parse(readExample('grafana/provisioning/datasources/prometheus.yaml'));
    expect(datasources).toMatchObject([{ type: 'prometheus', uid: 'prometheus', url: 'http://127.0.0.1:9090' }]);
    const used = [...dashboard.panels, ...dashboard.templating.list, ...dashboard.annotations.list];
    expect(new Set(used.map(({ datasource }) => datasource.uid))).toEqual(new Set([datasources[0].uid]));
  });

  it('has panels beside each other, each with queries of their own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos, targets } of panels) {
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x} ${y}`), `${title} at ${x} ${y}`).toBeUndefined();
          taken.set(`${x} ${y}`, title);
        }
      }
    }
  });
});

describe.skipIf(!hasPrometheus || !hasNamespaces)('the dashboard over a network', () => {
  const name = `observed-${process.pid}`;
  let cwd: string;
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'devnet-observed-'));
    const input = 'nodes: { count: 3 }\nlinks: ring';
    expect(await devnet(['up', '-', '-d', '--name', name, '--engine', 'namespaces'], { cwd, input })).toMatchObject({
      status: 0,
    });
  });
  afterAll(async () => {
    await devnet(['down', name], { cwd });
    rmSync(cwd, { recursive: true });
  });

  it('has data in every panel, in its variable and in its annotation', async () => {
    await devnet(['link', 'n1', 'n2', '--loss', '1%', '--name', name], { cwd });
    const serving = start(['metrics', name, '--listen', '0'], { cwd });
    await serving.waitForOutput(/127\.0\.0\.1:\d+/);
    const [target] = /127\.0\.0\.1:\d+/.exec(serving.stderr) as unknown as [string];
    const prometheus = await startPrometheus(cwd, target);
    try {
      const [variable] = dashboard.templating.list;
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(variable!.query.query)!;
      const values = () => prometheus.labelValues(metric!, label!);
      expect(await until(values, 'the names of networks')).toEqual([name]);
      const expressions = [
        ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
        ...dashboard.annotations.list.map(({ expr }) => ['annotation', expr] as const),
      ];
      expect(expressions.length).toBeGreaterThan(15);
      let sent = 0;
      for (const [title, expr] of expressions) {
        const filled = expr.replaceAll('$network', name).replaceAll('$__rate_interval', '1m');
        const read = async () => {
          const found = await prometheus.query(filled);
          if (found?.every((value) => Number.isFinite(Number(value)))) return found;
          // A rate needs something that goes on.
          await devnet(['send', `${name}/n1`, 'gossip', `{"id":"m${sent++}"}`], { cwd });
          return undefined;
        };
        expect([title, await until(read, `${title}: ${filled}`)]).toEqual([title, expect.anything()]);
      }
    } finally {
      prometheus.stop();
      serving.child.kill('SIGINT');
      await serving.finished;
    }
  });
});
