import { describeConformance } from "../conformance/suite.ts";
import { daprApp } from "./conformance.ts";

describeConformance(daprApp);
