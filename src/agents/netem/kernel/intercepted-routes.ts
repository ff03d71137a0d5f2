import type { LinkState } from '../state/link-state.ts';
import type { ClientServer, ShapingPlan } from '../state/shaping-plan.ts';

/** Route by which the rules lead the proxy's connections for one port of a server to both ends, in the name of the other. */
export interface InterceptedRoute extends ClientServer {
  /** Port that the server listens on. */
  port: number;
  /** Stands for the client, and this port: dialed on the server's address. */
  dialPort: number;
  /** Stands for the server, and this port: connected from to the client. */
  answerPort: number;
  /** The same, to refuse a connection. */
  refusePort: number;
}

/** First of the ports that stand for something: above those that kernels choose for connections. */
const FIRST_PORT = 61_000;

/** Assigns ports to what they stand for, and keeps them. */
class PortAssignment {
  readonly #ports = new Map<string, number>();
  readonly #taken = new Set<number>();
  #next = FIRST_PORT;

  /** @param avoid ports that nodes listen on */
  of(key: string, avoid: ReadonlySet<number>): number {
    const known = this.#ports.get(key);
    if (known !== undefined && !avoid.has(known) && !this.#taken.has(known)) return known;
    while (avoid.has(this.#next) || this.#taken.has(this.#next)) this.#next++;
    const port = this.#next++;
    this.#ports.set(key, port);
    return port;
  }

  /** Never uses a port again: it is not free on this machine. */
  retire(port: number): void {
    this.#taken.add(port);
  }
}

/** Routes of intercepted connections. Each keeps its ports for as long as the agent runs, since connections use them. */
export class InterceptedRoutes {
  readonly #dialPorts = new PortAssignment();
  readonly #answerPorts = new PortAssignment();
  /** Ports of servers other than the declared ones that clients have dialed. */
  readonly #otherPorts = new Map<string, Set<number>>();
  #declaredPorts: ReadonlyMap<string, number> = new Map();
  #avoid: ReadonlySet<number> = new Set();
  #routes = new Map<string, InterceptedRoute>();

  /** Returns the routes of a plan: one for the declared port of each server, and those that were added. */
  of({ nodes }: LinkState, { intercepted }: ShapingPlan): InterceptedRoute[] {
    this.#declaredPorts = new Map(nodes.map(({ address, port }) => [address, port]));
    this.#avoid = new Set(this.#declaredPorts.values());
    this.#routes = new Map();
    for (const pair of intercepted) {
      const ports = [this.#declaredPorts.get(pair.server) as number, ...(this.#otherPorts.get(pairKey(pair)) ?? [])];
      for (const port of ports) this.#route(pair, port);
    }
    return [...this.#routes.values()];
  }

  /** Returns the route to a port; undefined where there is none. */
  find(pair: ClientServer, port: number): InterceptedRoute | undefined {
    return this.#routes.get(`${pairKey(pair)} ${port}`);
  }

  /** Adds a route to a port that is not the declared one, or replaces one whose answer port is not free. */
  add(pair: ClientServer, port: number, taken?: number): InterceptedRoute {
    if (taken !== undefined) this.#answerPorts.retire(taken);
    if (port !== this.#declaredPorts.get(pair.server)) {
      const key = pairKey(pair);
      this.#otherPorts.set(key, (this.#otherPorts.get(key) ?? new Set()).add(port));
    }
    return this.#route(pair, port);
  }

  #route({ client, server }: ClientServer, port: number): InterceptedRoute {
    const route = {
      client,
      server,
      port,
      dialPort: this.#dialPorts.of(`${client} ${port}`, this.#avoid),
      answerPort: this.#answerPorts.of(`${server} ${port}`, this.#avoid),
      refusePort: this.#answerPorts.of(`${server} ${port} refused`, this.#avoid),
    };
    this.#routes.set(`${pairKey(route)} ${port}`, route);
    return route;
  }
}

const pairKey = ({ client, server }: ClientServer): string => `${client} ${server}`;
