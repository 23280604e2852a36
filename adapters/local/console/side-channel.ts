import { Socket } from "node:net";
import type { Writable } from "node:stream";

/** The descriptor that the launcher listens on. */
export const SIDE_FD = 3;
/** Held for a launcher that does not read at present; what comes beyond is lost, not late. */
const MOST_HELD = 64 * 1024 * 1024;
const LAST_MS = 1_000;

/** Lines to somebody who is never waited for, and whose absence fails nobody. */
export interface SideChannel {
  /** A line, without its end. Written with all others of this turn; one that is urgent before anything that is awaited goes on. */
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
  let isOver = false;
  // Nobody reads any more: there is nothing left to tell.
  const end = () => {
    isOver = true;
    lines = [];
    to.destroy();
  };
  to.on("error", end).on("close", end);
  const flush = () => {
    const batch = lines;
    lines = [];
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
      if (lines.push(line) === 1) setImmediate(flush);
      if (isUrgent) queueMicrotask(flush);
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
