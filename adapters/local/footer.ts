import { styleText } from "node:util";

const LOOK_MS = 500;
/** Of a terminal that does not say how wide it is, or says 0. */
const USUAL_COLUMNS = 80;
/** To the beginning of the line, and what stands there away. source: ECMA-48, CR, EL */
const CLEAR = "\r\u001b[K";

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface FooterOptions {
  /** How many dead letters there are. */
  readonly count: () => number;
  /** What a command needs to find them, beside `npm run dead -- list`. */
  readonly where?: string;
  readonly out?: Output;
  /** For complaints. On a terminal it is the same one. */
  readonly err?: Output;
}

/** What is printed, with one line below it that counts dead letters. */
export interface Footer {
  print(text: string): void;
  complain(text: string): void;
  /** Counts from now on. */
  show(): void;
  /** Takes it away: what is printed from now on is the last. */
  close(): void;
}

/** On a terminal the line stays at the bottom; elsewhere it is printed each time when the count has changed. */
export function createFooter({ count, where = "", out = process.stdout, err = process.stderr }: FooterOptions): Footer {
  const isLive = out.isTTY === true;
  let timer: NodeJS.Timeout | undefined;
  let shown = 0;

  const toLine = () => {
    const letters = shown === 1 ? "1 dead letter" : `${shown} dead letters`;
    const text = shown === 0 ? "no dead letters" : `${letters}: npm run dead -- list${where}`;
    const fitting = isLive ? text.slice(0, (out.columns || USUAL_COLUMNS) - 1) : text;
    return shown === 0 ? styleText("dim", fitting) : styleText("red", fitting);
  };
  const above = (stream: Output, text: string) => {
    if (!isLive || !timer) return void stream.write(`${text}\n`);
    out.write(CLEAR);
    stream.write(`${text}\n`);
    out.write(toLine());
  };
  const look = () => {
    const before = shown;
    shown = count();
    if (shown === before) return;
    out.write(isLive ? `${CLEAR}${toLine()}` : `${toLine()}\n`);
  };

  return {
    print: (text) => above(out, text),
    complain: (text) => above(err, styleText("yellow", text)),
    show() {
      if (isLive) out.write(toLine());
      timer = setInterval(look, LOOK_MS).unref();
      look();
    },
    close() {
      clearInterval(timer);
      if (timer && isLive) out.write(CLEAR);
      timer = undefined;
    },
  };
}
