import { readFileSync } from "node:fs";

/** USER_HZ, which Linux has fixed at 100 for whoever asks from outside the kernel. */
const TICKS_PER_SECOND = 100;

/**
 * The processor time that a process has used so far, all threads.
 *
 * out     ms
 * source  proc(5), /proc/pid/stat: utime and stime
 */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [utime = 0, stime = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return ((utime + stime) * 1_000) / TICKS_PER_SECOND;
}
