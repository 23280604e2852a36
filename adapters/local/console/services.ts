import type { ServiceState } from "./api-types.ts";

/** What a process has come to: up: it is ready; down: it does not answer, or is not started again. */
export type ServiceOutcome = "started" | "up" | "down" | "died" | "stopped";

/** The processes of a system, and how they are. */
export interface Services {
  changed(name: string, outcome: ServiceOutcome, how?: string): void;
  /** A line of the sidecars, who ask each app all the time whether it is there. */
  heard(line: Readonly<Record<string, unknown>>): void;
  stateOf(name: string): ServiceState;
}

const STATES: Readonly<Record<ServiceOutcome, ServiceState>> = {
  started: "starting",
  up: "up",
  down: "down",
  died: "down",
  stopped: "stopped",
};

export function createServices(
  onChange: (name: string, outcome: ServiceOutcome, how: string | undefined) => void = () => {},
): Services {
  const states = new Map<string, ServiceState>();
  const changed = (name: string, outcome: ServiceOutcome, how?: string) => {
    states.set(name, STATES[outcome]);
    onChange(name, outcome, how);
  };
  return {
    changed,
    heard({ msg, appId }) {
      const state = states.get(String(appId));
      if (msg === "app is down" && state === "up") changed(String(appId), "down");
      if (msg === "app is up" && state === "down") changed(String(appId), "up");
    },
    stateOf: (name) => states.get(name) ?? "starting",
  };
}
