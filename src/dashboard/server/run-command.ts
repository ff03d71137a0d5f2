import { type Fault, newFaultName } from '../../network/fault.ts';
import { describeFault } from '../../network/faults/describe-fault.ts';
import { hasNoReply } from '../../network/peer-control/node-client.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { sendMessage } from '../../network/send-message.ts';
import { faultsHealedBy } from '../../recording/actions/action-events.ts';
import type { NetworkRecorder } from '../../recording/network-recorder.ts';
import { cutsBetween } from '../../scenario/model/partition-presets.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { CommandResult, PageCommand } from '../page/page-command.ts';
import { toFailedResult } from './failed-result.ts';
import type { ScenarioStarter } from './scenario-starter.ts';

/** Notes what was done, for the journal beside a network's log. */
export type WriteToJournal = (...entries: Record<string, unknown>[]) => void;

/** Records of the actions of a page. */
export interface ActionLog {
  writeToJournal: WriteToJournal;
  /** Recording, to which actions are added at once: nothing else knows the name of a fault on a node. */
  recorder: Pick<NetworkRecorder, 'live' | 'record'>;
  scenarios: Pick<ScenarioStarter, 'start'>;
}

const MEASURED_PINGS = 40;

/** Carries out a command of the page, as the command of devnet with its name does. Never throws. */
export async function runCommand(
  network: RunningNetwork,
  command: PageCommand,
  log: ActionLog,
): Promise<CommandResult> {
  try {
    return await carryOut(network, command, log);
  } catch (cause) {
    return toFailedResult(cause);
  }
}

async function carryOut(network: RunningNetwork, command: PageCommand, log: ActionLog): Promise<CommandResult> {
  switch (command.do) {
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart':
      return inject(network, { kind: command.do, node: command.node }, log);
    case 'unpause':
      await network.unpause(command.node);
      recordHeal(log, [command.node]);
      log.writeToJournal({ event: 'fault_healed', fault: command.node });
      return { ok: true, text: `${command.node} continues` };
    case 'heal': {
      const { names, links } = await network.heal(command.targets.length > 0 ? command.targets : undefined);
      recordHeal(log, names);
      log.writeToJournal(
        ...names.map((fault) => ({ event: 'fault_healed', fault })),
        ...(links.length > 0 ? [{ event: 'links_reset', links }] : []),
      );
      const parts = [
        ...(names.length > 0 ? [`healed: ${names.join(', ')}`] : []),
        ...(links.length > 0 ? [`reset to declared: ${links.join(', ')}`] : []),
      ];
      return { ok: true, text: parts.join('; ') || 'nothing to heal' };
    }
    case 'cut':
      return inject(
        network,
        { kind: 'partition', cuts: cutsBetween([[command.from], [command.to]], command.oneWay ?? false) },
        log,
      );
    case 'partition':
      return inject(network, { kind: 'partition', cuts: cutsBetween(command.groups, false) }, log);
    case 'link': {
      const { from, to, oneWay, conditions } = command;
      const direction = oneWay ? { oneway: true } : {};
      return inject(network, { kind: 'link', from, to, ...direction, quality: conditions }, log);
    }
    case 'clear': {
      const { from, to } = command;
      await network.heal([
        { from, to },
        { from: to, to: from },
      ]);
      log.writeToJournal({ event: 'link_cleared', from, to });
      return { ok: true, text: `link ${from} <-> ${to} is as declared` };
    }
    case 'send': {
      const payload = command.payload === undefined ? {} : { payload: parsePayload(command.payload) };
      const reply = await sendMessage(network, command.node, { message_type: command.type, ...payload });
      if (reply === undefined) {
        const silence = hasNoReply(command.type) ? '' : ', which did not reply';
        return { ok: true, text: `sent to ${command.node}${silence}` };
      }
      if (reply.message_type === 'error') {
        throw new DevnetError('usage', `${command.node} refused the message: ${JSON.stringify(reply.payload)}`);
      }
      return { ok: true, text: `${command.node} replied: ${reply.message_type}`, detail: reply };
    }
    case 'run':
      return { ok: true, text: log.scenarios.start(command.file, command.text) };
    case 'measure': {
      const { from, to } = command;
      const directions: [string, string][] = [
        [from, to],
        [to, from],
      ];
      const measured = await network.measureLinks({ directions, pings: MEASURED_PINGS });
      return { ok: true, text: `measured ${from} <-> ${to}`, detail: measured };
    }
  }
}

async function inject(network: RunningNetwork, fault: Fault, log: ActionLog): Promise<CommandResult> {
  const { name, warning } = await network.inject(fault, { name: newFaultName(fault) });
  const text = describeFault(fault);
  log.recorder.record({ type: 'fault', name, description: text, faults: [fault] });
  log.writeToJournal({ event: 'fault_injected', fault: name, ...fault });
  return { ok: true, text: warning === undefined ? text : `${text}; ${warning}` };
}

/** @param healed faults and, for what was done to it, nodes */
function recordHeal({ recorder }: ActionLog, healed: readonly string[]): void {
  for (const { name } of faultsHealedBy(recorder.live.snapshot.faults, healed)) recorder.record({ type: 'heal', name });
}

/** A payload is JSON, or a string where it does not look like JSON, as for `devnet send`. */
function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!/^\s*[[{"]/.test(text)) return text;
    throw new DevnetError('usage', `the payload is not JSON: ${describeError(cause)}`);
  }
}
