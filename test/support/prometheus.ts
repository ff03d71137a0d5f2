import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPort } from './closed-port.ts';
import { root } from './paths.ts';
import { spawnSync } from './run-sync.ts';

/** Whether this machine has Prometheus (Debian: apt-get install prometheus); tests with it are skipped elsewhere. */
export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

export interface RunningPrometheus {
  /** Returns the values that an expression has now; undefined while it has none, or no answer comes. */
  query(expression: string): Promise<string[] | undefined>;
  /** Returns the values of a label of a metric, as a variable of Grafana asks for them. */
  labelValues(metric: string, label: string): Promise<string[] | undefined>;
  stop(): void;
}

/**
 * Starts Prometheus with the configuration of the example, scraping every second.
 * @param target `HOST:PORT` in place of the example's
 */
export async function startPrometheus(parent: string, target: string): Promise<RunningPrometheus> {
  const cwd = mkdtempSync(join(parent, 'prometheus-'));
  const example = readFileSync(join(root, 'examples/observability/prometheus.yml'), 'utf8');
  const config = join(cwd, 'prometheus.yml');
  writeFileSync(config, example.replace('127.0.0.1:9464', target).replace('5s', '1s'));
  const port = await closedPort();
  const args = [
    `--config.file=${config}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--storage.tsdb.path=${join(cwd, 'data')}`,
  ];
  const prometheus = spawn('prometheus', args, { stdio: 'ignore' });
  const ask = async <T>(path: string, parameters: Record<string, string>): Promise<T | undefined> => {
    const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const answer = (await fetch(url).then(
      (response) => (response.ok ? response.json() : undefined),
      () => undefined,
    )) as { data?: T } | undefined;
    return answer?.data;
  };
  const unlessEmpty = (values: string[] = []) => (values.length > 0 ? values : undefined);
  return {
    query: async (query) => {
      const data = await ask<{ result: { value: [number, string] }[] }>('query', { query });
      return unlessEmpty(data?.result.map(({ value }) => value[1]));
    },
    labelValues: async (metric, label) => unlessEmpty(await ask(`label/${label}/values`, { 'match[]': metric })),
    stop: () => void prometheus.kill('SIGKILL'),
  };
}
