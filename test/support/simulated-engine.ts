import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { encodeTunnelFrame, TunnelFrameReader } from '../../src/agents/tunnel/tunnel-frame.ts';
import { Decoder, encode, type Message } from '../../src/protocol/index.ts';

/** The parts of a request to create a container that matter here. */
interface ContainerRequest {
  Image: string;
  Labels: Record<string, string>;
  NetworkingConfig?: { EndpointsConfig?: Record<string, { IPAMConfig?: { IPv4Address?: string } }> };
}

interface SimulatedContainer {
  Id: string;
  Names: string[];
  Image: string;
  ImageID: string;
  State: string;
  Labels: Record<string, string>;
  Created: number;
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

interface SimulatedNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Internal: boolean;
  IPAM: unknown;
  Labels: Record<string, string>;
  Options: Record<string, string>;
  Created: string;
}

interface EventListener {
  response: ServerResponse;
  filters: { type?: string[]; label?: string[] };
}

/** The other hosts' engines and the networks of a simulated cluster. */
export interface SimulatedCluster {
  networks: Map<string, SimulatedNetwork>;
  /** Nodes by `address:port`, on all hosts. */
  nodes: Map<string, SimulatedNode>;
}

/** A node that does what a controller asks of it, and nothing else: its peers are connected at once. */
class SimulatedNode {
  readonly #labels: Record<string, string>;
  readonly #peers = new Set<string>();

  constructor(labels: Record<string, string>) {
    this.#labels = labels;
  }

  answer({ message_type: type, payload }: Message): Message {
    if (type === 'add_peer') this.#peers.add(payload as string);
    else if (type === 'remove_peer') this.#peers.delete(payload as string);
    else if (type === 'get_status') {
      const { 'devnet.node': name, 'devnet.name': network, 'devnet.run': id } = this.#labels;
      const peers = [...this.#peers].map((peer) => ({ peer, state: 'up' }));
      return { message_type: 'status', payload: { name, network, network_id: id, peers } };
    }
    return { message_type: 'ok' };
  }
}

const newId = () => randomBytes(32).toString('hex');
const IMAGE_ID = `sha256:${'0'.repeat(64)}`;
const STDOUT = 1;
const STDIO_HEADER_BYTES = 8;

/**
 * An engine whose containers are records in memory: it answers as much of Docker's API as bringing a network up, looking at it and
 * taking it down need, at next to no cost, so that what the controller itself takes can be measured at sizes that no machine at hand
 * has room for.
 */
export class SimulatedEngine {
  readonly #cluster: SimulatedCluster;
  readonly #server: Server;
  readonly #containers = new Map<string, SimulatedContainer>();
  readonly #names = new Set<string>();
  readonly #listeners = new Set<EventListener>();
  /** Closes the connection of every request to remove something, as an engine that ends does. */
  hangsUp = false;
  /** Further fields of the engine's report on itself. */
  info: Record<string, unknown> = {};
  /** Requests so far, by what they ask: `POST /containers/ID/start`. */
  readonly requests = new Map<string, number>();

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.keepAliveTimeout = 0; // As engines do: they keep connections.
    this.#server.on('upgrade', (request, socket, head) => this.#handleUpgrade(request, socket as Socket, head));
  }

  listen(socketPath: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(socketPath, resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://engine');
    const path = url.pathname.replace(/^\/v[\d.]+/, '');
    const parts = path.split('/').slice(1);
    const what = `${request.method} ${path.replace(/[0-9a-f]{64}/, 'ID')}`;
    this.requests.set(what, (this.requests.get(what) ?? 0) + 1);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
    const filters = JSON.parse(url.searchParams.get('filters') ?? '{}') as Record<string, string[]>;
    const reply = (status: number, content?: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(content === undefined ? undefined : JSON.stringify(content));
    };
    const notFound = () => reply(404, { message: `no such thing: ${what}` });
    const [kind, id = '', action] = parts;
    if (kind === 'version')
      return reply(200, {
        Version: 'simulated',
        ApiVersion: '1.51',
        MinAPIVersion: '1.24',
        Arch: 'amd64',
        Os: 'linux',
      });
    if (kind === 'info') return reply(200, { SystemTime: new Date().toISOString(), NCPU: 2, ...this.info });
    if (kind === 'images') return reply(200, { Id: IMAGE_ID, RepoDigests: [], Config: { Labels: {} } });
    if (kind === 'volumes') return reply(200, { Volumes: [] });
    if (kind === 'events') return this.#listen(response, filters);
    if (kind === 'networks') {
      const { networks } = this.#cluster;
      if (request.method === 'GET')
        return reply(
          200,
          [...networks.values()].filter(({ Labels }) => hasLabels(Labels, filters.label)),
        );
      if (id === 'create') {
        const network = { ...(body as unknown as SimulatedNetwork), Id: newId(), Created: new Date().toISOString() };
        networks.set(network.Id, network);
        return reply(201, { Id: network.Id });
      }
      return networks.delete(id) ? reply(204) : notFound();
    }
    if (kind !== 'containers') return notFound();
    if (id === 'json')
      return reply(
        200,
        [...this.#containers.values()].filter(({ Labels }) => hasLabels(Labels, filters.label)),
      );
    if (id === 'create') {
      const name = `/${url.searchParams.get('name')}`;
      if (this.#names.has(name)) return reply(409, { message: `the container name "${name}" is already in use` });
      return reply(201, { Id: this.#create(name, body as unknown as ContainerRequest) });
    }
    const container = this.#containers.get(id);
    if (!container) return notFound();
    if (request.method === 'DELETE') {
      if (this.hangsUp) return void response.destroy();
      this.#remove(container);
      return reply(204);
    }
    if (action === 'start') {
      this.#start(container);
      return reply(204);
    }
    if (action === 'rename') {
      this.#names.delete(container.Names[0] as string);
      container.Names = [`/${url.searchParams.get('name')}`];
      this.#names.add(container.Names[0] as string);
      return reply(204);
    }
    if (action === 'exec') return reply(201, { Id: newId() });
    if (action === 'json') return reply(200, { Id: id, State: { Status: container.State } });
    notFound();
  }

  #listen(response: ServerResponse, filters: EventListener['filters']): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    const listener = { response, filters };
    this.#listeners.add(listener);
    response.once('close', () => this.#listeners.delete(listener));
  }

  #create(name: string, { Image, Labels, NetworkingConfig }: ContainerRequest): string {
    const id = newId();
    const endpoints = Object.entries(NetworkingConfig?.EndpointsConfig ?? {});
    const networks = endpoints.map(([network, { IPAMConfig }]) => [
      network,
      { IPAddress: IPAMConfig?.IPv4Address ?? '' },
    ]);
    this.#names.add(name);
    this.#containers.set(id, {
      Id: id,
      Names: [name],
      Image,
      ImageID: IMAGE_ID,
      State: 'created',
      Labels,
      Created: Math.floor(Date.now() / 1000),
      NetworkSettings: { Networks: Object.fromEntries(networks) },
    });
    return id;
  }

  #start(container: SimulatedContainer): void {
    const { Labels } = container;
    container.State = 'running';
    const { 'devnet.address': address, 'devnet.port': port } = Labels;
    if (address !== undefined) this.#cluster.nodes.set(`${address}:${port}`, new SimulatedNode(Labels));
    this.#emit('start', container);
  }

  #remove(container: SimulatedContainer): void {
    const { Id, Names, Labels } = container;
    this.#containers.delete(Id);
    this.#names.delete(Names[0] as string);
    this.#cluster.nodes.delete(`${Labels['devnet.address']}:${Labels['devnet.port']}`);
    this.#emit('die', container);
    this.#emit('destroy', container);
  }

  #emit(action: string, { Id, Labels }: SimulatedContainer): void {
    const event = {
      Type: 'container',
      Action: action,
      Actor: { ID: Id, Attributes: Labels },
      timeNano: Date.now() * 1e6,
    };
    for (const { response, filters } of this.#listeners) {
      if (filters.type?.includes('container') && hasLabels(Labels, filters.label))
        response.write(`${JSON.stringify(event)}\n`);
    }
  }

  /** Answers the start of an exec: the only program here is the tunnel agent. */
  #handleUpgrade({ headers }: IncomingMessage, socket: Socket, head: Buffer): void {
    // The settings of the exec come first.
    let settingsBytes = Number(headers['content-length'] ?? 0);
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.on('error', () => socket.destroy());
    const reader = new TunnelFrameReader();
    const connections = new Map<number, { node: SimulatedNode; decoder: Decoder }>();
    const send = (...frame: Parameters<typeof encodeTunnelFrame>) => {
      const bytes = encodeTunnelFrame(...frame);
      const header = Buffer.alloc(STDIO_HEADER_BYTES);
      header[0] = STDOUT;
      header.writeUInt32BE(bytes.length, 4);
      socket.write(Buffer.concat([header, bytes]));
    };
    const handleInput = (input: Buffer) => {
      const chunk = input.subarray(settingsBytes);
      settingsBytes = Math.max(0, settingsBytes - input.length);
      for (const { connection, kind, body } of reader.push(chunk)) {
        if (kind === 'open') {
          const node = this.#cluster.nodes.get(body.toString());
          if (node) connections.set(connection, { node, decoder: new Decoder() });
          send(connection, node ? 'opened' : 'close', node ? undefined : 'ECONNREFUSED');
        } else if (kind === 'data') {
          const { node, decoder } = connections.get(connection) ?? {};
          for (const { message } of decoder?.push(body) ?? [])
            if (node && message) send(connection, 'data', encode(node.answer(message)));
        } else connections.delete(connection);
      }
    };
    handleInput(head);
    socket.on('data', handleInput);
  }
}

function hasLabels(labels: Record<string, string>, wanted: readonly string[] = []): boolean {
  return wanted.every((text) => {
    const [key = '', value] = text.split(/=(.*)/s);
    return value === undefined ? key in labels : labels[key] === value;
  });
}
