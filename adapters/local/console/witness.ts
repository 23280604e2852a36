import type { Child, ChildOptions } from "../child.ts";
import type { Status } from "./api-types.ts";
import { type Chronicle, createChronicle, type Recording } from "./chronicle.ts";
import { SIDECARS } from "./control.ts";
import { createServices } from "./services.ts";

/** Sees how the processes of a system are, and has it recorded where there is a history. */
export interface Witness {
  readonly isRecording: boolean;
  /** out: the same process, seen by it */
  watch(options: ChildOptions): ChildOptions;
  probe(children: readonly Child[]): Status["services"];
  /** All of them have ended. */
  close(): void;
}

interface WitnessOptions {
  /** Of the system. */
  readonly dataDir: string;
  readonly history: (() => Recording) | undefined;
  readonly onTrouble: (text: string) => void;
}

export function createWitness(options: WitnessOptions): Witness {
  const chronicle = begin(options);
  const services = createServices(chronicle?.service);
  return {
    isRecording: chronicle !== undefined,
    watch(child) {
      const { name } = child;
      return {
        ...child,
        ...(chronicle && name === SIDECARS ? { onSide: chronicle.recorded } : {}),
        onStart() {
          services.changed(name, "started");
          child.onStart?.();
        },
        onReady(line) {
          services.changed(name, "up");
          child.onReady?.(line);
        },
        onLine(line) {
          chronicle?.logged(line);
          if (name === SIDECARS) services.heard(line);
          child.onLine(line);
        },
        onRestart(how) {
          services.changed(name, "died", how);
          child.onRestart(how);
        },
        onGiveUp(why) {
          services.changed(name, "down", why);
          child.onGiveUp(why);
        },
        onStop() {
          services.changed(name, "stopped");
          child.onStop?.();
        },
      };
    },
    probe: (children) =>
      children.map((child) => {
        const pid = child.pid();
        return { name: child.name, state: services.stateOf(child.name), ...(pid === undefined ? {} : { pid }) };
      }),
    close: () => chronicle?.close(),
  };
}

/** A history that cannot be opened is no reason to start nothing. */
function begin({ history, ...options }: WitnessOptions): Chronicle | undefined {
  try {
    return history && createChronicle(history(), options);
  } catch (error) {
    options.onTrouble(`what happens is not recorded: ${(error as Error).message}`);
    return undefined;
  }
}
