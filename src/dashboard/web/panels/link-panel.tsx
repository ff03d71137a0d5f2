import { useEffect, useState } from 'preact/hooks';
import type { ActiveLinkConditions } from '../../../network/fault.ts';
import type { LinkMeasurement, MeasuredCondition } from '../../../network/links/link-measurement.ts';
import type { Snapshot } from '../../../recording/recording-event.ts';
import type { LinkConditions } from '../../../topology/model/topology.ts';
import type { PageCommand } from '../../page/page-command.ts';
import { formatDirection, formatRate } from '../graph/format-conditions.ts';
import { useStore } from '../state/use-store.ts';
import { ActionButton, CommandPreview } from './action-button.tsx';
import { CloseButton } from './close-button.tsx';

interface Props {
  from: string;
  to: string;
  snapshot: Snapshot;
}

/** Settings of a slider: `toValue` and `toPosition` translate between 0–1 and the condition; at 0 it is off. */
const SLIDERS: {
  key: 'delay' | 'jitter' | 'loss' | 'rate';
  label: string;
  toValue: (position: number) => number | undefined;
  toPosition: (value: number | undefined) => number;
  format: (value: number | undefined) => string;
}[] = [
  {
    key: 'delay',
    label: 'Delay',
    toValue: (position) => (position === 0 ? undefined : roundTo2(1_000 * position ** 2.2)),
    toPosition: (value = 0) => (value / 1_000) ** (1 / 2.2),
    format: (value) => (value === undefined ? 'none' : `${value} ms`),
  },
  {
    key: 'jitter',
    label: 'Jitter',
    toValue: (position) => (position === 0 ? undefined : roundTo2(500 * position ** 2.2)),
    toPosition: (value = 0) => (value / 500) ** (1 / 2.2),
    format: (value) => (value === undefined ? 'none' : `± ${value} ms`),
  },
  {
    key: 'loss',
    label: 'Loss',
    toValue: (position) => (position === 0 ? undefined : roundTo2(position ** 2)),
    toPosition: (value = 0) => value ** 0.5,
    format: (value) => (value === undefined ? 'none' : `${roundTo2(value * 100)} %`),
  },
  {
    key: 'rate',
    label: 'Rate',
    // From 1 Gbit/s down to 10 kbit/s: further to the right is worse, as with the others.
    toValue: (position) => (position === 0 ? undefined : roundTo2(10 ** (9 - 5 * position))),
    toPosition: (value) => (value === undefined ? 0 : (9 - Math.log10(value)) / 5),
    format: (value) => (value === undefined ? 'unlimited' : formatRate(value)),
  },
];

/** A link: what is asked of it, what was measured, and what can be done to it. */
export function LinkPanel({ from, to, snapshot }: Props) {
  const store = useStore();
  const conditionsOf = (a: string, b: string) => snapshot.conditions.find((one) => one.from === a && one.to === b);
  const [there, back] = [conditionsOf(from, to), conditionsOf(to, from)];
  const [draft, setDraft] = useState<LinkConditions>();
  const [isOneWay, setOneWay] = useState(false);
  const [measured, setMeasured] = useState<LinkMeasurement[]>();
  useEffect(() => {
    setDraft(undefined);
    setMeasured(undefined);
  }, [from, to]);
  const shown = draft ?? conditionsOnly(there);
  const canShape = store.setup.capabilities.includes('link-conditions');
  const command: PageCommand = hasAny(shown)
    ? { do: 'link', from, to, ...(isOneWay ? { oneWay: true } : {}), conditions: shown }
    : { do: 'clear', from, to };
  const directions: [string, string, ActiveLinkConditions | undefined][] = [
    [from, to, there],
    [to, from, back],
  ];
  const cut = there?.cut ?? back?.cut;
  const states = snapshot.links.filter(
    (link) => (link.from === from && link.to === to) || (link.from === to && link.to === from),
  );
  return (
    <section class="details" aria-label={`Link ${from} and ${to}`}>
      <h2>
        <button type="button" class="plain" onClick={() => store.set({ selected: { kind: 'node', name: from } })}>
          {from}
        </button>
        {states.length > 1 ? '↔' : '→'}
        <button type="button" class="plain" onClick={() => store.set({ selected: { kind: 'node', name: to } })}>
          {to}
        </button>
        <span class="spring" />
        <CloseButton />
      </h2>
      <table>
        <thead>
          <tr>
            <th>Packets</th>
            <th>Link</th>
            <th>Asked</th>
            <th class="number">Round trip</th>
          </tr>
        </thead>
        <tbody>
          {directions.map(([a, b, conditions]) => {
            const link = states.find((one) => one.from === a);
            return (
              <tr key={a}>
                <td>
                  {a} → {b}
                </td>
                <td>{link === undefined ? 'not dialed' : link.state}</td>
                <td>{describeConditions(conditions)}</td>
                <td class="number">
                  {link?.rtt === undefined || link.state !== 'up'
                    ? ''
                    : `${link.rtt.toFixed(link.rtt < 10 ? 2 : 0)} ms`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {store.setup.mode === 'live' && (
        <>
          <div class="row">
            <ActionButton
              command={{ do: 'cut', from, to }}
              needs="link-conditions"
              class="danger"
              disabled={cut !== undefined}
            >
              Cut
            </ActionButton>
            {cut === undefined ? null : <ActionButton command={{ do: 'heal', targets: [cut] }}>Heal</ActionButton>}
            <ActionButton
              command={{ do: 'measure', from, to }}
              needs="link-conditions"
              disabled={cut !== undefined}
              onDone={(result) => result?.ok && setMeasured(result.detail as LinkMeasurement[])}
            >
              Measure
            </ActionButton>
            <ActionButton
              command={{ do: 'clear', from, to }}
              needs="link-conditions"
              onDone={() => setDraft(undefined)}
            >
              As declared
            </ActionButton>
          </div>
          {measured && <Measurements measured={measured} />}
          <fieldset class="sliders" disabled={!canShape || !store.canAct}>
            <h3>Conditions</h3>
            {SLIDERS.map(({ key, label, toValue, toPosition, format }) => (
              <label class="slider" key={key}>
                <span>{label}</span>
                <input
                  type="range"
                  min={0}
                  max={1}
                  step={0.005}
                  value={toPosition(shown[key])}
                  aria-valuetext={format(shown[key])}
                  onInput={({ currentTarget }) =>
                    setDraft(withCondition(shown, key, toValue(Number(currentTarget.value))))
                  }
                />
                <output>{format(shown[key])}</output>
              </label>
            ))}
            <div class="row" style={{ marginTop: '6px' }}>
              <ActionButton
                command={command}
                needs="link-conditions"
                class={draft ? 'primary' : ''}
                disabled={draft === undefined}
                onDone={(result) => result?.ok && setDraft(undefined)}
              >
                Apply
              </ActionButton>
              <label class="row">
                <input
                  type="checkbox"
                  checked={isOneWay}
                  onChange={({ currentTarget }) => setOneWay(currentTarget.checked)}
                />
                only {from} → {to}
              </label>
            </div>
          </fieldset>
          <p class="preview">{draft ? store.commandLine(command) : ''}</p>
          {draft ? null : <CommandPreview />}
        </>
      )}
    </section>
  );
}

function Measurements({ measured }: { measured: LinkMeasurement[] }) {
  const cell = (condition: MeasuredCondition | undefined, format: (value: number) => string) =>
    condition === undefined ? '' : `${format(condition.measured.value)}${condition.outside ? ' ✕' : ' ✓'}`;
  return (
    <table>
      <thead>
        <tr>
          <th>Measured</th>
          <th class="number">Round trip</th>
          <th class="number">Loss</th>
          <th class="number">Rate</th>
        </tr>
      </thead>
      <tbody>
        {measured.map(({ from, to, roundTrip, loss, rate, trouble }) => (
          <tr key={from}>
            <td>
              {from} → {to} {trouble ? <span class="note">{trouble}</span> : null}
            </td>
            <td class="number">{cell(roundTrip, (value) => `${value.toFixed(2)} ms`)}</td>
            <td class="number">{cell(loss, (value) => `${roundTo2(value * 100)} %`)}</td>
            <td class="number">{cell(rate, formatRate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function describeConditions(conditions: ActiveLinkConditions | undefined): string {
  const { cut, proxied } = conditions ?? {};
  const asked = formatDirection(conditions);
  const parts = [
    ...(cut === undefined ? [] : [`cut by ${cut}`]),
    ...(asked === '' ? [] : [`${asked}${proxied ? ' (TCP only)' : ''}`]),
  ];
  return parts.join(', ') || 'nothing';
}

function conditionsOnly(conditions: ActiveLinkConditions | undefined): LinkConditions {
  if (!conditions) return {};
  const { from: _from, to: _to, cut: _cut, proxied: _proxied, ...only } = conditions;
  return only;
}

/** Sets or takes away a condition. A jitter is at most the delay. */
function withCondition(
  conditions: LinkConditions,
  key: keyof LinkConditions,
  value: number | undefined,
): LinkConditions {
  const { [key]: _before, ...others } = conditions;
  const changed: LinkConditions = value === undefined ? others : { ...others, [key]: value };
  const { jitter, ...rest } = changed;
  if (jitter === undefined) return rest;
  const delay = rest.delay ?? 0;
  if (key === 'jitter' && jitter > delay) return { ...rest, delay: jitter, jitter };
  return delay === 0 ? rest : { ...rest, jitter: Math.min(jitter, delay) };
}

function hasAny(conditions: LinkConditions): boolean {
  return Object.values(conditions).some((value) => value !== undefined);
}

function roundTo2(value: number): number {
  return Number(value.toPrecision(2));
}
