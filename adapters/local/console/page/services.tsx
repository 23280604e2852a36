import type { Status } from "../api-types.ts";
import { useStore } from "./store.ts";

type Service = Status["services"][number];
const NO_SERVICES: readonly Service[] = [];
const NOTHING: Status["broken"] = [];

/** Who runs, and what was taken away from them. */
export function ServicesView() {
  const services = useStore(({ status }) => status?.services ?? NO_SERVICES);
  const broken = useStore(({ status }) => status?.broken ?? NOTHING);
  return (
    <ul class="services" aria-label="Services">
      {services.map((service) => (
        <li key={service.name} title={service.pid === undefined ? undefined : `process ${service.pid}`}>
          <ServiceState name={service.name} state={service.state} />
        </li>
      ))}
      {broken.map((what) => (
        <li key={what}>
          <span class="service down">
            {what} <span>away</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Its state is a shape and a word: a colour alone tells nothing to some. What is up, as it should be, is only said. */
export const ServiceState = ({ name, state }: Pick<Service, "name" | "state">) => (
  <span class={`service ${state}`}>
    {name} <span class={state === "up" ? "unseen" : ""}>{state}</span>
  </span>
);
