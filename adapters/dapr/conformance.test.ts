import { describeConformance } from "../conformance/suite.ts";
import { hosts } from "./conformance.ts";

for (const host of hosts) describeConformance(host);
