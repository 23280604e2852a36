import { localSidecar, localSidecarInBulk } from "../conformance/hosts/local-sidecar.ts";
import { describeConformance } from "../conformance/suite.ts";

for (const host of [localSidecar, localSidecarInBulk]) describeConformance(host);
