import { spawnSync } from 'node:child_process';

/**
 * Puts the terminal of standard input into raw mode: what is typed, Ctrl-C as well, and what is shown pass as they are.
 * @returns restores the terminal, which the end of this process does, too
 */
export function enterRawMode(): () => void {
  const { stdin } = process;
  stdin.setRawMode(true);
  // Node.js leaves the terminal to turn "\n" into "\r\n", which breaks programs that draw on the whole screen.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  return () => stdin.setRawMode(false);
}
