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

/** For tests: another edge of it, whose path begins with its path, and whose code is at fault. */
export const broken: Served = {
  ...served,
  edge: {
    ...served.edge,
    ...{ name: "late-order", method: "PUT", path: "/orders-late" },
    event() {
      throw new TypeError("orders cannot be late");
    },
  },
};
