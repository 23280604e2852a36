import { createInterface } from "node:readline/promises";

/** Whoever typed the command. */
export interface Terminal {
  print(text: string): void;
  /** For people, where the output is for programs. */
  say(text: string): void;
  /** Undefined where nobody is there to answer. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Undefined where nobody looks. */
  readonly progress: NodeJS.WriteStream | undefined;
  readonly now: () => number;
}

/** in: signal: ends a question, as no */
export function createTerminal(signal: AbortSignal, { stdin, stdout, stderr } = process): Terminal {
  const isThere = stdin.isTTY === true && stderr.isTTY === true;
  return {
    print: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    ask: isThere ? (question) => askBy(question, { input: stdin, output: stderr, signal }) : undefined,
    progress: stderr.isTTY === true ? stderr : undefined,
    now: Date.now,
  };
}

async function askBy(
  question: string,
  streams: {
    readonly input: NodeJS.ReadableStream;
    readonly output: NodeJS.WritableStream;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const lines = createInterface(streams);
  try {
    // Ctrl-D is no.
    const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
