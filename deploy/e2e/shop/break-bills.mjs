// Loaded before a service: order fails on the bills of the orders that the file BREAK_BILLS names, and knows nothing of it. Its handler has
// no effects that could fail: what it says is given an id, and that fails.
import crypto from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { hash } = crypto;
const ANSWER_TO_A_BILL = /\["\/shop\/billing","[^"]*","([^"]*)","order",\d+\]$/;

crypto.hash = (algorithm, data, ...rest) => {
  const [, orderId] = ANSWER_TO_A_BILL.exec(String(data)) ?? [];
  if (orderId && fs.readFileSync(process.env.BREAK_BILLS, "utf8").includes(orderId))
    throw new Error("the bill failed on purpose");
  return hash(algorithm, data, ...rest);
};
syncBuiltinESMExports();
