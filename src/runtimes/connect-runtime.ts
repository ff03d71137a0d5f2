import type { RuntimeName } from '../network/capabilities.ts';
import type { Runtime } from '../network/runtime.ts';

/** Connects to a runtime; its code is loaded only then. @throws DevnetError `engine_missing`, `engine_denied`, … */
export async function connectRuntime(name: RuntimeName): Promise<Runtime> {
  switch (name) {
    case 'containers':
      return (await import('./containers/container-runtime.ts')).connectContainerRuntime();
    case 'namespaces':
      return (await import('./namespaces/namespace-runtime.ts')).connectNamespaceRuntime();
    case 'swarm':
      return (await import('./swarm/swarm-runtime.ts')).connectSwarmRuntime();
    case 'process':
      return (await import('./process/process-runtime.ts')).processRuntime;
  }
}
