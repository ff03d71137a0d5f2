import { afterEach, expect, it, vi } from 'vitest';
import { toTargetUnreachable } from '../../../../src/cli/commands/spec/prepare-target.ts';
import { reportError } from '../../../../src/cli/output/report-error.ts';
import { createProgram } from '../../../../src/cli/program.ts';
import { DevnetError } from '../../../../src/shared/errors.ts';

afterEach(() => vi.restoreAllMocks());

it.each([
  ['nobody listens', new DevnetError('node_unreachable', 'nobody listens', { hint: 'devnet status' }), 2],
  ['nobody ever listened', new DevnetError('node_silent', 'n1 does not listen', { hint: 'port' }), 2],
  ['it ended', new DevnetError('node_died', 'n1 exited with 1', { hint: 'devnet logs' }), 2],
  ['another network', new DevnetError('wrong_network', '10.0.0.2 is n1 of "near"', { hint: 'choose a subnet' }), 2],
  ['no engine', new DevnetError('engine_missing', 'no engine answers', { hint: 'docker/engine up' }), 1],
])('exit status of devnet spec: %s', (_, cause, status) => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(reportError(toTargetUnreachable(cause), createProgram())).toBe(status);
  const printed = stderr.mock.calls.join('');
  expect(printed).toContain(cause.message);
  expect(printed).toContain(cause.hint);
});

it('leaves errors that are not DevnetErrors alone', () => {
  const cause = new TypeError('no');
  expect(toTargetUnreachable(cause)).toBe(cause);
});
