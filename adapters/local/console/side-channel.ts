import { Socket } from "node:net";

/** The descriptor that the launcher listens on. */
export const SIDE_FD = 3;
/** Held for a launcher that does not read at present; what comes beyond is lost, not late. */
const MOST_HELD = 64 * 1024 * 1024;
const LAST_MS = 1_000;

export interface SideChannel {
  /** A line, without its end. Written with all others of this turn. */
  write(line: string): void;
  /** Resolves when all is written, or soon. */
  close(): Promise<void>;
}

interface SideChannelOptions {
  readonly most?: number;
  /** So many lines were lost, since nobody read them. */
  readonly onLost: (lines: number) => void;
}

/** Lines to a pipe that is never waited for, and never fails anybody. in: the descriptor of a socket or a pipe */
export function openSideChannel(fd: number, { most = MOST_HELD, onLost }: SideChannelOptions): SideChannel {
  let socket: Socket | undefined;
  try {
    socket = new Socket({ fd, readable: false, writable: true });
  } catch {
    // Nothing that can be written to.
    return { write() {}, close: async () => {} };
  }
  let lines: string[] = [];
  let lost = 0;
  const end = () => {
    socket?.destroy();
    socket = undefined;
    lines = [];
  };
  // Nobody reads any more: there is nothing left to tell.
  socket.on("error", end).on("close", end).unref();
  const flush = () => {
    const batch = lines;
    lines = [];
    if (!socket || batch.length === 0) return;
    if (socket.writableLength > most) {
      lost += batch.length;
      return;
    }
    if (lost > 0) onLost(lost);
    lost = 0;
    socket.write(`${batch.join("\n")}\n`);
  };
  return {
    write(line) {
      if (!socket) return;
      if (lines.push(line) === 1) setImmediate(flush);
    },
    close: () =>
      new Promise((resolve) => {
        flush();
        if (!socket || socket.destroyed) return resolve();
        const timer = setTimeout(resolve, LAST_MS);
        socket.end(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
