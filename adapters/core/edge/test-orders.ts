import { settle } from "../../../functions/kernel/home.ts";
import { orders } from "../../../functions/order/edge.ts";
import type { EdgeSettings, Served } from "./edge.ts";

/** For tests: an edge with its function, as at home in its system. */
export const served: Served = {
  edge: orders,
  fn: settle(orders.of as Served["fn"], { source: "/shop", ledgerPrefix: "" }),
};

/** For tests: what is made up may be asked for. */
export const settings: EdgeSettings = { source: "/shop/edge", isDemo: true };
