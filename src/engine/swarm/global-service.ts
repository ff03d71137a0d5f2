import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from '../connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from '../connection/engine-error.ts';

/**
 * A program that Swarm runs once on every host, as root with the host's engine socket, on a network of its own. Service,
 * network and secret have one name.
 */
export interface GlobalServiceSpec {
  name: string;
  /** Image that every host has or can pull: with a digest, or an id. */
  image: string;
  command: string[];
  /** Files of its containers by path: Swarm brings them to the hosts, up to 500 kB each. */
  files: ReadonlyMap<string, Buffer>;
  /** Name and value of a file below /run/secrets. */
  secret: { file: string; value: Buffer };
  labels: Record<string, string>;
  memory: number;
}

/** Where the program runs. */
export interface ServiceTask {
  /** Id of the host in the swarm. */
  nodeId: string;
  state: 'running' | 'starting' | 'failed';
  /** Why it failed, in the swarm's words. */
  failure?: string;
  /** Its address on the service's network. */
  address?: string;
  containerId?: string;
}

const SOCKET = '/var/run/docker.sock';
const READ_BY_ROOT = { UID: '0', GID: '0', Mode: 0o400 };

/** Creates a global service; one that exists is left as it is. @throws DevnetError `engine_failed` */
export async function ensureGlobalService(engine: Engine, spec: GlobalServiceSpec): Promise<void> {
  const { name, labels } = spec;
  const { docker } = engine;
  if (await serviceExists(engine, name)) return;
  await wrapEngineErrors(`start the service ${name}`, async () => {
    const data = (value: Buffer) => value.toString('base64');
    const network = await createOrFind(
      () => docker.createNetwork({ Name: name, Driver: 'overlay', Internal: true, Labels: labels }),
      async () => (await docker.listNetworks({ filters: { name: [name] } })).find(({ Name }) => Name === name)?.Id,
    );
    const secret = await createOrFind(
      () => docker.createSecret({ Name: name, Labels: labels, Data: data(spec.secret.value) }),
      async () => (await docker.listSecrets({ filters: { name: [name] } })).find((one) => one.Spec?.Name === name)?.ID,
    );
    const configs = await Promise.all(
      [...spec.files].map(async ([path, content], index) => {
        const configName = `${name}-${index}`;
        const id = await createOrFind(
          () => docker.createConfig({ Name: configName, Labels: labels, Data: data(content) }),
          async () =>
            (await docker.listConfigs({ filters: { name: [configName] } })).find((one) => one.Spec?.Name === configName)
              ?.ID,
        );
        return { ConfigID: id, ConfigName: configName, File: { Name: path, ...READ_BY_ROOT } };
      }),
    );
    await createOrFind(
      () =>
        docker.createService({
          Name: name,
          Labels: labels,
          TaskTemplate: {
            ContainerSpec: {
              Image: spec.image,
              Command: spec.command,
              User: '0:0',
              Labels: labels,
              ReadOnly: true,
              CapabilityDrop: ['ALL'],
              StopGracePeriod: 1_000_000_000,
              Mounts: [{ Type: 'bind', Source: SOCKET, Target: SOCKET }],
              Secrets: [{ SecretID: secret, SecretName: name, File: { Name: spec.secret.file, ...READ_BY_ROOT } }],
              Configs: configs,
            },
            Resources: { Limits: { MemoryBytes: spec.memory } },
            RestartPolicy: { Condition: 'any', Delay: 1_000_000_000 },
            Networks: [{ Target: network }],
          },
          Mode: { Global: {} },
          // A virtual address would need a kernel with IPVS, and nobody would use it.
          EndpointSpec: { Mode: 'dnsrr' },
        } as never),
      async () => name,
    );
  });
}

/** Returns the id of a thing that is created, or that another process has created meanwhile. */
async function createOrFind(
  create: () => Promise<unknown>,
  find: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const found = async (cause: unknown) => {
    if (httpStatusOf(cause) !== 409) throw cause;
    return find();
  };
  try {
    const created = (await create()) as { id?: string; ID?: string };
    return created.id ?? created.ID;
  } catch (cause) {
    return found(cause);
  }
}

/** Returns whether there is a service of a name. @throws DevnetError `engine_failed` */
export async function serviceExists({ docker }: Engine, name: string): Promise<boolean> {
  const found = await wrapEngineErrors('list the services of the swarm', () =>
    docker.listServices({ filters: { name: [name] } as never }),
  );
  return found.some((service) => service.Spec?.Name === name);
}

/** Waits until the rest of a service that is being removed is gone, or its removal has been given up. @throws DevnetError `engine_failed` */
export async function waitUntilServiceRemoved({ docker }: Engine, name: string): Promise<void> {
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
  const listNetworks = () =>
    wrapEngineErrors('list networks', () => docker.listNetworks({ filters: { name: [name] } }));
  // It is removed last.
  while (Date.now() < deadline && (await listNetworks()).length > 0) await wait(REMOVAL_POLL_INTERVAL_MS);
}

/** As much of a task as is used. */
interface ApiTask {
  NodeID?: string;
  DesiredState: string;
  CreatedAt: string;
  Status: { State: string; Err?: string; ContainerStatus?: { ContainerID?: string } };
  NetworksAttachments?: { Network: { Spec: { Name: string } }; Addresses?: string[] }[];
}

/** Returns the newest task of a service on each host. @throws DevnetError `engine_failed` */
export async function listServiceTasks({ docker }: Engine, name: string): Promise<ServiceTask[]> {
  const found = (await wrapEngineErrors(`look for the tasks of ${name}`, () =>
    docker.listTasks({ filters: { service: [name] } as never }),
  )) as unknown as ApiTask[];
  const newest = new Map<string, ApiTask>();
  for (const task of found.sort((a, b) => (a.CreatedAt < b.CreatedAt ? -1 : 1)))
    if (task.NodeID !== undefined) newest.set(task.NodeID, task);
  // While a task that failed waits to be started again, the reason is that of the one before it.
  const reasons = new Map(found.flatMap(({ NodeID = '', Status }) => (Status.Err ? [[NodeID, Status.Err]] : [])));
  return [...newest].map(([nodeId, { Status, NetworksAttachments = [] }]) => {
    const address = NetworksAttachments.find(({ Network }) => Network.Spec.Name === name)?.Addresses?.[0];
    const containerId = Status.ContainerStatus?.ContainerID;
    const failure = Status.State === 'running' ? undefined : reasons.get(nodeId);
    const hasFailed = ['failed', 'rejected', 'orphaned', 'shutdown', 'remove'].includes(Status.State);
    return {
      nodeId,
      state: Status.State === 'running' ? 'running' : hasFailed || failure !== undefined ? 'failed' : 'starting',
      ...(failure === undefined ? {} : { failure }),
      ...(address === undefined ? {} : { address: address.replace(/\/\d+$/, '') }),
      ...(containerId ? { containerId } : {}),
    };
  });
}

const REMOVAL_TIMEOUT_MS = 15_000;
const REMOVAL_POLL_INTERVAL_MS = 100;

/** Removes a service with its network, secret and files; what is gone is no error. @throws DevnetError `engine_failed` */
export async function removeGlobalService({ docker }: Engine, name: string): Promise<void> {
  const unlessGone = async (what: string, removal: Promise<unknown>) => {
    await removal.catch((cause: unknown) => {
      if (httpStatusOf(cause) !== 404) throw toEngineError(cause, `remove ${what} ${name}`);
    });
  };
  await unlessGone('the service', docker.getService(name).remove());
  await unlessGone('the secret', docker.getSecret(name).remove());
  const configs = await wrapEngineErrors('list configs', () => docker.listConfigs({ filters: { name: [`${name}-`] } }));
  for (const { ID } of configs) await unlessGone('a file of', docker.getConfig(ID).remove());
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
  for (;;) {
    try {
      await docker.getNetwork(name).remove();
      return;
    } catch (cause) {
      if (httpStatusOf(cause) === 404) return;
      // Its containers take a moment to end.
      if (Date.now() > deadline || !/in use|active endpoints/.test(String(cause)))
        throw toEngineError(cause, `remove the network ${name}`);
    }
    await wait(REMOVAL_POLL_INTERVAL_MS);
  }
}
