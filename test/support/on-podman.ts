import { connectEngine } from '../../src/engine/connection/engine.ts';

/** True if the engine under test is Podman. What it cannot do is listed in docs/engines.md by the titles of the tests. */
export const onPodman = (await connectEngine()).flavour === 'podman';
