import { localSidecar } from "../conformance/hosts/local-sidecar.ts";
import { describeConformance } from "../conformance/suite.ts";

describeConformance(localSidecar);
