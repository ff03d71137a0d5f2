import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveEngineAddress } from '../../src/engine/connection/engine-address.ts';
import { findEngineEndpoint } from '../../src/engine/connection/engine-endpoint.ts';

/** A relay to the engine that a test can interrupt. `host` is a value for DOCKER_HOST. */
export interface InterruptibleEngine {
  host: string;
  /** Closes the relay and all its connections. */
  cut(): void;
  /** Holds back the next request whose first line matches: it does not reach the engine. */
  holdRequest(line: RegExp): void;
  /** Passes on the request that was held back. */
  releaseRequest(): void;
  /** Answers every request whose first line matches with the status 500. */
  refuseRequests(line: RegExp): void;
  /** Resolves to the first line of the request that was held back. */
  readonly heldRequest: Promise<string>;
}

/** Opens a relay to the engine on a socket file. Call `cut` in the end, which removes the file. */
export async function interruptibleEngine(): Promise<InterruptibleEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-engine-'));
  const path = join(folder, 'relay.sock');
  const sockets = new Set<Socket>();
  let pattern: RegExp | undefined;
  let refused: RegExp | undefined;
  const address = await resolveEngineAddress(findEngineEndpoint());
  let onHeld: (line: string) => void;
  const heldRequest = new Promise<string>((resolve) => {
    onHeld = resolve;
  });
  // A request may end before the answer begins: input of an exec does.
  const allowHalfOpen = true;
  let release = () => {};
  const server = createServer({ allowHalfOpen }, (near) => {
    const far = connect({
      ...('socketPath' in address ? { path: address.socketPath } : { port: address.port, host: address.host }),
      allowHalfOpen,
    });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    far.pipe(near);
    near.on('end', () => far.end());
    near.on('data', (chunk) => {
      const line = chunk.toString('latin1').split('\r\n', 1)[0] as string;
      if (pattern?.test(line)) {
        pattern = undefined;
        near.pause();
        release = () => {
          far.write(chunk);
          near.resume();
        };
        onHeld(line);
        return;
      }
      if (refused?.test(line)) {
        near.end('HTTP/1.1 500 Refused\r\nContent-Length: 21\r\n\r\n{"message":"refused"}');
        return;
      }
      if (!far.write(chunk)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  const holdRequest = (line: RegExp) => {
    pattern = line;
  };
  const refuseRequests = (line: RegExp) => {
    refused = line;
  };
  return { host: `unix://${path}`, cut, holdRequest, releaseRequest: () => release(), refuseRequests, heldRequest };
}
