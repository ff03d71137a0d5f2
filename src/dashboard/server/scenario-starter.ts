import { assertSupported, faultRequirements } from '../../network/capabilities.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import type { NetworkRecorder } from '../../recording/network-recorder.ts';
import { parseScenario, runScenario, schedule, type TimedStep, toRecordingEvent } from '../../scenario/index.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { pluralize } from '../../shared/text.ts';

/** Runs scenarios on a network, one at a time; what they do, and their verdicts, are in the recording. */
export class ScenarioStarter {
  readonly #network: RunningNetwork;
  readonly #recorder: Pick<NetworkRecorder, 'record' | 'timeAgo'>;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(network: RunningNetwork, recorder: Pick<NetworkRecorder, 'record' | 'timeAgo'>) {
    this.#network = network;
    this.#recorder = recorder;
  }

  /**
   * Starts a scenario, and returns at once.
   * @param text of a file with a scenario
   * @returns what was started, in words
   * @throws ScenarioError; UnsupportedError; DevnetError `usage` while another one runs
   */
  start(title: string, text: string): string {
    if (this.#running) throw new DevnetError('usage', 'a scenario runs already', { hint: 'wait for its end' });
    const { topology, runtime } = this.#network;
    const steps = schedule(parseScenario(text, { file: title, topology }));
    assertSupported(runtime, faultRequirements(steps.flatMap((step) => (step.do === 'inject' ? step.faults : []))));
    this.#running = this.#run(title, steps).finally(() => {
      this.#running = undefined;
    });
    return `${title} runs: ${pluralize(steps.length, 'step')}`;
  }

  /** Ends the scenario that runs, and heals what it injected. */
  async stop(): Promise<void> {
    this.#stop.abort(new DevnetError('interrupted', 'the page was closed'));
    await this.#running;
  }

  async #run(title: string, steps: readonly TimedStep[]): Promise<void> {
    const recorder = this.#recorder;
    recorder.record({ type: 'scenario_started', title, durationMs: steps.at(-1)?.at ?? 0 });
    try {
      const { passed } = await runScenario(steps, this.#network, {
        signal: this.#stop.signal,
        onEvent: (event) => recorder.record(toRecordingEvent(event, (milliseconds) => recorder.timeAgo(milliseconds))),
      });
      recorder.record({ type: 'scenario_ended', passed });
    } catch (cause) {
      recorder.record({ type: 'scenario_ended', passed: false, failure: describeError(cause) });
    }
  }
}
