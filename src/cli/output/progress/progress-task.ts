import type { ListrTask } from 'listr2';

/** Width of a terminal below which lines that are drawn again fall apart. */
const MIN_COLUMNS = 20;

/** True on an interactive terminal, where lines can be drawn again; false in CI and where output is redirected. */
export function isInteractiveTerminal(): boolean {
  const { stdout, stderr, env } = process;
  return [stdout, stderr].every(canRedraw) && env.CI === undefined && env.TERM !== 'dumb';
}

/** Returns whether lines can be drawn again: the stream is a terminal with a size, which one made by a program may lack. */
export function canRedraw({ isTTY, columns, rows }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>): boolean {
  return isTTY === true && columns >= MIN_COLUMNS && rows > 0;
}

/** The part of listr2's own task that is used here. */
interface ListrTaskHandle {
  title?: string;
  output?: string;
}

/** A line of the progress tree that ends when `finish` or `fail` is called. */
export class ProgressTask {
  #task: ListrTaskHandle | undefined;
  finish: () => void = () => {};
  fail: (cause: Error) => void = () => {};
  readonly #completion = new Promise<void>((finish, fail) => {
    this.finish = finish;
    this.fail = fail;
  });

  #title: string;
  #output = '';

  constructor(title: string) {
    this.#title = title;
    this.#completion.catch(() => {}); // The tree shows it.
  }

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    this.#title = title;
    if (this.#task) this.#task.title = title;
  }

  /** Lines below this one, which stay on the screen. */
  set output(text: string) {
    this.#output = text;
    if (this.#task) this.#task.output = text;
  }

  toListrTask(): ListrTask {
    return {
      title: this.#title,
      task: (_, task) => {
        this.#task = task as unknown as ListrTaskHandle;
        if (this.#output !== '') this.#task.output = this.#output;
        this.#task.title = this.#title; // It may have changed before the tree began to draw.
        return this.#completion;
      },
      rendererOptions: { persistentOutput: true, outputBar: Number.POSITIVE_INFINITY },
    };
  }
}
