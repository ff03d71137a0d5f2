import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ControlReply, sendControlRequest, serveControlSocket } from '../../../src/agents/netem/control-socket.ts';
import { createGate } from '../../../src/shared/time/gate.ts';

it('an agent whose reply takes long shows that it is at work', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'links-'));
  const path = join(folder, 'links.sock');
  const shown = createGate();
  const handle = async (): Promise<ControlReply> => {
    await shown.opened;
    return { ok: true, state: 'ä' };
  };
  const server = await serveControlSocket(path, handle);
  try {
    expect(await sendControlRequest(path, { command: 'read' }, 0, shown.open)).toEqual({ ok: true, state: 'ä' });
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
