import { DevnetError } from '../../shared/errors.ts';

/** How this command was typed: `npm run devnet …` in a checkout, `devnet …` where the package is installed. */
const invokedByNpmRun = process.env.npm_command === 'run' && process.env.npm_lifecycle_event === 'devnet';

/** Commands in a message, as they have to be typed here. */
export function prefixNpmRun(text: string): string {
  return invokedByNpmRun
    ? text.replace(
        /\bdevnet (?=(?:up|plan|down|ls|status|logs|send|exec|top|link|measure|partition|heal|squeeze|run|experiment|compare|dump|validate|spec|graph|export)\b)/g,
        'npm run devnet -- ',
      )
    : text;
}

/** Options that npm takes for its own when no `--` stands before them; it drops some, and others it turns into settings. */
const OPTION_BY_NPM_CONFIG: Record<string, string> = {
  npm_config_engine: '--engine',
  npm_config_json: '--json',
  npm_config_name: '--name',
  npm_config_all: '--all',
  npm_config_keep: '--keep',
  npm_config_timeout: '--timeout',
  npm_config_detach: '--detach',
  npm_config_follow: '--follow',
  npm_config_since: '--since',
  npm_config_window: '--window',
  npm_config_tail: '--tail',
  npm_config_level: '--level',
  npm_config_event: '--event',
  npm_config_actual: '--actual',
  npm_config_format: '--format',
  npm_config_output: '--output',
  npm_config_image: '--image',
  npm_config_older_than: '--older-than',
  npm_config_for: '--for',
  npm_config_as: '--as',
  npm_config_delay: '--delay',
  npm_config_loss: '--loss',
  npm_config_rate: '--rate',
  npm_config_clear: '--clear',
  npm_config_one_way: '--one-way',
  npm_config_cpus: '--cpus',
  npm_config_memory: '--memory',
  npm_config_type: '--type',
  npm_config_junit: '--junit',
  npm_config_plan: '--plan',
  npm_config_dry_run: '--dry-run',
};

/**
 * `npm run devnet up -d` would bring a devnet up in the foreground, without a word: npm keeps the option for itself.
 * @throws DevnetError `usage` when npm has kept one of ours
 */
export function assertOptionsNotConsumedByNpm(args: readonly string[]): void {
  if (!invokedByNpmRun) return;
  const taken = Object.keys(OPTION_BY_NPM_CONFIG).filter((key) => process.env[key]);
  const options = taken.map((key) => OPTION_BY_NPM_CONFIG[key] as string);
  // npm reads -d as "log more" and -f as "force".
  if (args[0] === 'up' && process.env.npm_config_loglevel === 'info' && !args.includes('-d')) options.push('-d');
  if (args[0] === 'logs' && process.env.npm_config_force) options.push('-f');
  if (options.length === 0) return;
  throw new DevnetError('usage', `npm kept ${options.join(' and ')} for itself: a -- must stand before options`, {
    hint: `npm run devnet -- ${args.join(' ')} ${options.join(' ')}`,
  });
}
