import { inProcess } from "./hosts/in-process.ts";
import { describeConformance } from "./suite.ts";

describeConformance(inProcess);
