import { daprApp } from "../conformance/hosts/dapr-app.ts";
import { describeConformance } from "../conformance/suite.ts";

describeConformance(daprApp);
