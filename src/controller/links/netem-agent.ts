import { REPLY_TIMEOUT_MS } from '../../agents/netem/control-socket.ts';
import type { VersionedLinkState } from '../../agents/netem/link-controller.ts';
import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import { execWithInput } from '../../engine/exec.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { AppliedLinkState } from './link-access.ts';

export type { VersionedLinkState };

/** Asks the agent, see docker/netem. */
const AGENT_COMMAND = ['node', '/devnet/netem.cjs'];
/** For an agent whose rules are to be removed, which another one can do. Longer than a starting agent is waited for. */
const CLEAR_TIMEOUT_MS = 15_000;

/** Error for an agent that runs and does not answer, nor says that it is still at work. */
export class AgentTimeoutError extends DevnetError {
  constructor(agentId: string, timeoutMs: number) {
    super('links_failed', `no reply from the netem agent for ${timeoutMs / 1_000} s`, {
      hint: `docker rm -f ${agentId.slice(0, 12)} has the next command start another one, which restores its rules`,
    });
  }
}

/** Returns the link state in force. @throws DevnetError `links_failed`, `engine_failed` when the agent does not answer */
export function readAgentState(engine: Engine, agentId: string): Promise<VersionedLinkState> {
  return callNetemAgent(engine, agentId, ['read']);
}

/** Returns the agent's report: its link state, and its rules and queues in the kernel. @throws DevnetError `links_failed` */
export function readAgentReport(engine: Engine, agentId: string): Promise<object> {
  return callNetemAgent(engine, agentId, ['show']);
}

/**
 * Applies a link state in place of the one of `revision`.
 * @param revision absent: in place of any
 * @returns the state in force, as `conflict`, where that is another one by now: nothing was changed
 * @throws DevnetError `links_failed`
 */
export function applyLinkState(
  engine: Engine,
  agentId: string,
  state: LinkState,
  revision?: string,
): Promise<AppliedLinkState | { conflict: VersionedLinkState }> {
  return callNetemAgent(
    engine,
    agentId,
    ['apply', ...(revision === undefined ? [] : [revision])],
    JSON.stringify(state),
  );
}

/** Removes every rule and queue of the agent's network from the kernel. @throws AgentTimeoutError, DevnetError `links_failed` */
export async function clearLinkState(engine: Engine, agentId: string): Promise<void> {
  await callNetemAgent(engine, agentId, ['clear'], '', CLEAR_TIMEOUT_MS);
}

/**
 * Removes the rules of all networks whose bridge is gone.
 * @returns their names
 * @throws DevnetError `links_failed`
 */
export async function sweepRules(engine: Engine, agentId: string): Promise<string[]> {
  return (await callNetemAgent<{ devnets: string[] }>(engine, agentId, ['sweep'])).devnets;
}

type NetemReply = { ok: true } | { ok: false; error: string; hint?: string };

async function callNetemAgent<T>(
  engine: Engine,
  id: string,
  args: readonly string[],
  input = '',
  timeoutMs = REPLY_TIMEOUT_MS,
): Promise<T> {
  const idleTimeout = { ms: timeoutMs, error: new AgentTimeoutError(id, timeoutMs) };
  const { code, stdout, stderr } = await execWithInput(engine, id, [...AGENT_COMMAND, ...args], input, idleTimeout);
  let reply: NetemReply | undefined;
  try {
    reply = JSON.parse(stdout) as NetemReply;
  } catch {
    // It ended without a reply; the reason is in its standard error.
  }
  if (reply?.ok) return reply as T;
  throw new DevnetError(
    'links_failed',
    `the links could not be changed: ${reply?.error ?? `${stderr.trim()} (exit ${code})`}`,
    { hint: reply?.hint ?? "devnet link shows what is in force, devnet logs the netem agent's output" },
  );
}
