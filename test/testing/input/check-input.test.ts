import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Devnet, DevnetError, shapes, UnsupportedError } from '../../../src/index.ts';

/** What a caller without a type checker may pass. */
// biome-ignore lint/suspicious/noExplicitAny: the point of these tests.
type Anything = any;

let net: Anything;
const downNet: Anything = {};
beforeAll(async () => {
  const options = { engine: 'process', artifacts: false } as const;
  net = await Devnet.up({ ...shapes.ring(4), groups: { left: ['n1', 'n2'] } }, options);
  downNet.net = await Devnet.up(shapes.line(2), options);
  await downNet.net.down();
});
afterAll(() => net?.down());

/** Reads the first entry of a log. */
const first = (log: AsyncGenerator) => log.next();

describe('a wrong argument is a usage error that names it', () => {
  it.each<[what: string, call: () => unknown, message: string | RegExp]>([
    [
      'an engine',
      () => up({ engine: 'podman' }),
      /^Devnet\.up: engine has to be one of containers, namespaces, process, swarm, not "podman"/,
    ],
    ['a time with a unit', () => up({ timeout: '5s' }), /^Devnet\.up: timeout has to be a number of milliseconds/],
    ['a time too long for a timer', () => net.converged({ timeout: 2 ** 31 }), /^converged: timeout has to be/],
    ['a negative time', () => net.waitFor(() => true, { every: -1 }), /^waitFor: every has to be/],
    ['a name', () => up({ name: 'My Net' }), /^Devnet\.up: name has to be a name of lower-case/],
    ['artifacts: true', () => up({ artifacts: true }), /^Devnet\.up: artifacts has to be the path/],
    ['onFailure', () => up({ onFailure: 'leave' }), /^Devnet\.up: onFailure has to be one of remove, keep/],
    ['a signal', () => net.graph({ signal: 5 }), /^graph: signal has to be an AbortSignal, not 5/],
    ['an option with a unit in its name', () => up({ timeoutMs: 5 }), 'Devnet.up: unknown option "timeoutMs"'],
    [
      'a number for options',
      () => net.converged(500),
      'converged: expected an object such as { timeout, signal }, got 500',
    ],
    ['no body', () => Devnet.run(shapes.ring(3), {} as Anything), /^Devnet\.run: the body has to be a function/],
    ['no condition', () => net.waitFor(undefined), 'waitFor: the condition has to be a function, not undefined'],
    ['a name for names', () => net.gossip('n1', 1, { to: 'n2' }), 'gossip: to has to be a list of names, not "n2"'],
    [
      'an empty id',
      () => net.gossip('n1', 1, { id: '' }),
      'gossip: id has to be a text of 1 to 256 characters, not ""',
    ],
    ['data that JSON cannot express', () => net.gossip('n1', 10n), /^gossip: the data has to be .* not 10n/],
    ['a payload that contains itself', () => net.node('n1').send('chat', cycle()), /^send: the payload has to be/],
    ['a message type', () => net.node('n1').send(5), 'send: the type has to be a message type, not 5'],
    ['a log level', () => first(net.logs({ level: 'loud' })), /^logs: level has to be one of error, warn, info, debug/],
    ['a number of lines', () => first(net.node('n1').logs({ tail: -1 })), /^logs: tail has to be a number of lines/],
    [
      'nodes of the log of one node',
      () => first(net.node('n1').logs({ nodes: ['n2'] })),
      'logs: unknown option "nodes"',
    ],
    ['a command as text', () => net.node('n1').exec('node -v'), /^exec: the command has to be a program and its/],
    ['the folder of a dump', () => net.dump(5), 'dump: the folder has to be the path of a folder, not 5'],
    ['names to heal', () => net.heal({ all: true }), /^heal: what to heal has to be the name of a fault or node/],
    ['options of a node', () => net.node('n1').kill({ grace: 5 }), 'kill: unknown option "grace"'],
    ['the timeout of a query', () => net.node('n1').peers({ timeout: 'x' }), /^peers: timeout has to be/],
    ['a list of other things as links', () => net.relink([7]), /^links\[0\]: expected .*, got 7/],
    ['a link without its end', () => net.relink([{ from: 'n1' }]), /^links\[0\]: missing key "to"/],
    ['an unknown preset', () => net.partition('halfs'), 'partition: "halfs" is neither a preset nor a node'],
    ['no groups', () => net.partition(null), /^partition: expected groups such as .* or a preset: halves/],
    ['an unknown node in a group', () => net.partition([['n1', 'n9']]), /^partition\[0\]\[1\]: .*"n9"/],
    [
      'a node in two groups',
      () => net.partition([['n1'], ['left']]),
      /^partition: expected every node in one group, got "n1"/,
    ],
    ['one group of all', () => net.partition([['n1', 'n2', 'n3', 'n4']]), /^partition: expected at least two groups/],
    [
      'a preset without a first group, one way',
      () => net.partition('majorities-ring', { oneway: true }),
      /no one-way form/,
    ],
    ['a seed', () => net.partition('halves', { seed: 0.5 }), /^partition: seed has to be a whole number/],
    ['a fault name', () => net.partition('halves', { name: 'A b' }), /^partition: name has to be a name/],
    ['a link of one node', () => net.link('n1', 'n1'), 'link: a link joins two nodes, not n1 and itself'],
    ['conditions as text', () => net.link('n1', 'n2').set('slow'), /^link conditions: expected an object such as/],
    [
      'an unknown condition',
      () => net.link('n1', 'n2').set({ latency: '5ms' }),
      'link conditions: unknown option "latency"',
    ],
    [
      'a delay without a unit',
      () => net.link('n1', 'n2').set({ delay: '5' }),
      /^link conditions: delay has to be a time such/,
    ],
    ['a loss above 1', () => net.link('n1', 'n2').set({ loss: 2 }), /^link conditions: loss has to be a share/],
    [
      'a rate too low',
      () => net.link('n1', 'n2').set({ rate: '1bit' }),
      /^link conditions: rate has to be .* from 8kbit/,
    ],
    [
      'jitter above the delay',
      () => net.link('n1', 'n2').set({ jitter: '5ms' }),
      /^a jitter of 5ms around a delay of 0ms/,
    ],
    ['reorder without a delay', () => net.link('n1', 'n2').set({ reorder: 0.5 }), 'reorder needs a delay'],
    ['no fault on messages', () => net.messages('n1', 'n2'), /^messages: expected an object such as/],
    ['an action', () => net.messages('n1', 'n2', { action: 'lose' }), /^messages: action has to be one of drop, delay/],
    ['no action', () => net.messages('n1', 'n2', { type: 'gossip' }), 'messages: the fault needs an action'],
    [
      'a delay without its time',
      () => net.messages('n1', 'n2', { action: 'delay' }),
      /needs both action: 'delay' and a delay/,
    ],
    ['nothing to squeeze', () => net.node('n1').squeeze({}), 'squeeze: there is nothing to limit'],
    [
      'too little memory',
      () => net.node('n1').squeeze({ memory: '1m' }),
      /^squeeze: memory has to be a memory size .* 6m/,
    ],
    [
      'too few cores',
      () => net.node('n1').squeeze({ cpus: 0 }),
      /^squeeze: cpus has to be a number of cores, at least 0\.01/,
    ],
  ])('%s', async (_, call, message) => {
    const cause = await failure(call);
    expect(cause).toBeInstanceOf(DevnetError);
    expect(cause.code).toMatch(/^(usage|topology_invalid)$/);
    expect(cause.message.split('\n\n')[0]).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });

  it('with a hint where the word is close to a known one', async () => {
    expect(await failure(() => up({ timeoutMs: 5 }))).toMatchObject({ hint: 'did you mean "timeout"?' });
    expect(await failure(() => net.partition('halvs'))).toMatchObject({ hint: 'did you mean "halves"?' });
    expect(await failure(() => net.link('n1', 'n2').set({ latency: 1 }))).toMatchObject({
      hint: 'did you mean "delay"?',
    });
  });

  it.each<[string, () => unknown]>([
    ['gossip', () => net.gossip('n9')],
    ['gossip to', () => net.gossip('n1', 1, { to: ['n9'] })],
    ['logs', () => first(net.logs({ nodes: ['n9'] }))],
    ['link', () => net.link('n1', 'n9')],
    ['messages', () => net.messages('n9', 'n1', { action: 'drop' })],
  ])('an unknown node has a code of its own: %s', async (_, call) => {
    expect(await failure(call)).toMatchObject({ code: 'no_such_node', hint: 'its nodes: n1, n2, n3, n4' });
  });
});

describe('what is right is passed on, and refused only by the engine', () => {
  it.each<[string, () => unknown]>([
    ['a preset', () => net.partition('halves')],
    ['a preset in a random order', () => net.partition('bridge', { seed: 7, oneway: true, name: 'split' })],
    ['groups as text', () => net.partition('n1, n2 / n3')],
    ['names of groups', () => net.partition(['left', ['n3']])],
    ['one group', () => net.partition([['n1']])],
    ['a cut', () => net.link('n1', 'n3').cut({ oneway: true })],
    ['conditions', () => net.link('n1', 'n2').set({ delay: '80ms', jitter: 5, loss: '1%', rate: 1e6 })],
    ['conditions of 0', () => net.link('n1', 'n2').set({ delay: 0, loss: '0%' })],
    ['messages', () => net.messages('n1', 'n2', { action: 'delay', delay: '2s', probability: '30%' })],
    ['squeeze', () => net.node('n1').squeeze({ cpus: 0.5, memory: '64m' })],
  ])('%s', async (_, call) => {
    expect(await failure(call)).toBeInstanceOf(UnsupportedError);
  });
});

describe('after the network was taken down', () => {
  it.each<[string, (down: Anything) => unknown]>([
    ['graph', (down) => down.graph()],
    ['converged', (down) => down.converged()],
    ['waitFor', (down) => down.waitFor(() => true)],
    ['gossip', (down) => down.gossip('n1')],
    ['logs', (down) => first(down.logs())],
    ['logs of a node', (down) => first(down.node('n1').logs({ follow: false }))],
    ['relink', (down) => down.relink([])],
    ['partition', (down) => down.partition('halves')],
    ['set', (down) => down.link('n1', 'n2').set({ delay: 5 })],
    ['messages', (down) => down.messages('n1', 'n2', { action: 'drop' })],
    ['heal', (down) => down.heal()],
    ['peers', (down) => down.node('n1').peers()],
    ['state', (down) => down.node('n1').state()],
    ['kill', (down) => down.node('n1').kill()],
    ['start', (down) => down.node('n1').start()],
    ['exec', (down) => down.node('n1').exec(['node'])],
    ['squeeze', (down) => down.node('n1').squeeze({ cpus: 1 })],
  ])('%s rejects with `interrupted`', async (_, call) => {
    const pending = call(downNet.net);
    await expect(pending).rejects.toMatchObject({
      code: 'interrupted',
      message: /^the network "net-\w+" was taken down$/,
    });
  });
});

function up(options: Anything): Promise<unknown> {
  return Devnet.up(shapes.ring(3), { engine: 'process', artifacts: false, ...options });
}

function cycle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

/** Returns what a call throws or rejects with. */
async function failure(call: () => unknown): Promise<DevnetError> {
  try {
    await call();
  } catch (cause) {
    return cause as DevnetError;
  }
  throw new Error('expected a failure');
}
