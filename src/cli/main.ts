#!/usr/bin/env node
import { CommanderError } from 'commander';
import { assertOptionsNotTakenByNpm } from './input/npm-run.ts';
import { reportError } from './output/report-error.ts';
import { createProgram } from './program.ts';

// A reader that went away (`devnet ls | head`) is no failure; commands that write much stop by themselves.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = createProgram();
try {
  assertOptionsNotTakenByNpm(program, process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  // commander has printed its own errors by now; asking for help or the version is none.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportError(error, program);
}
// Sockets to the engine and to nodes stay open for reuse and would keep the process alive.
process.stdout.write('', () => process.exit());
