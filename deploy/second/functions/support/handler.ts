import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { TicketOpened, TicketRequested } from "../events.ts";

export interface TicketState {
  readonly text: string;
}

export const support = defineFunction<TicketState>({
  name: "support",
  keeps: "state",
  on: [when(TicketRequested, ({ data }) => ({ state: { text: data.text }, emit: [TicketOpened(data)] }))],
  emits: [TicketOpened],
});
