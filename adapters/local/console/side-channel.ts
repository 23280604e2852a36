import { Socket } from "node:net";
import type { Writable } from "node:stream";

/** The descriptor that the launcher listens on. */
export const SIDE_FD = 3;
/** Held for a launcher that does not read at present; what comes beyond is lost, not late. */
const MOST_HELD = 64 * 1024 * 1024;
const LAST_MS = 1_000;
/** Whoever reads is woken as rarely as that: it runs on the same machine. */
const TOGETHER_MS = 10;

/** Lines to somebody who is never waited for, and whose absence fails nobody. */
export interface SideChannel {
  /** A line, without its end. Written soon, together with others; one that is urgent before anything that is awaited goes on. */
  write(line: string, isUrgent?: boolean): void;
  /** Resolves when all is written, or soon. */
  close(): Promise<void>;
}

interface SideChannelOptions {
  /** Bytes that are held at most. */
  readonly most?: number;
  /** So many lines were lost, since nobody read them. */
  readonly onLost: (lines: number) => void;
}

/** in: the descriptor of a socket or a pipe; undefined comes of any other */
export function openSide(fd: number): Socket | undefined {
  try {
    return new Socket({ fd, readable: false, writable: true }).unref();
  } catch {
    return undefined;
  }
}

export function createSideChannel(to: Writable, { most = MOST_HELD, onLost }: SideChannelOptions): SideChannel {
  let lines: string[] = [];
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  // Nobody reads any more: there is nothing left to tell.
  const end = () => {
    isOver = true;
    lines = [];
    to.destroy();
  };
  to.on("error", end).on("close", end);
  const flush = () => {
    clearTimeout(timer);
    const batch = lines;
    [timer, lines] = [undefined, []];
    if (batch.length === 0) return;
    if (to.writableLength > most) {
      lost += batch.length;
      return;
    }
    if (lost > 0) onLost(lost);
    lost = 0;
    to.write(`${batch.join("\n")}\n`);
  };
  return {
    write(line, isUrgent = false) {
      if (isOver) return;
      lines.push(line);
      if (isUrgent) queueMicrotask(flush);
      else timer ??= setTimeout(flush, TOGETHER_MS).unref();
    },
    close: () =>
      new Promise((resolve) => {
        flush();
        if (isOver) return resolve();
        to.once("close", () => resolve()).end();
        setTimeout(resolve, LAST_MS).unref();
      }),
  };
}
