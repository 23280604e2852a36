import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { describeConformance } from "../../../adapters/conformance/suite.ts";
import { forms } from "../../../adapters/lambda/conformance.ts";
import { lambdaRic } from "../../engines/lambda-ric.ts";
import { moto, startMoto } from "../../engines/moto.ts";
import { createLambdaHosts } from "./conformance.ts";

const missing = moto.missing() ?? lambdaRic.missing();
/** The other carrier of SQS is the same trigger: adapters/lambda/conformance.test.ts. */
const triggers = forms.filter(({ name }) => name !== "SNS in SQS");

if (missing) describe("conformance of the built zips", () => it.skip(missing, () => {}));
else {
  const folder = mkdtempSync(join(tmpdir(), "loosely-lambda-"));
  const aws = await startMoto({ folder });
  const { hosts, close } = await createLambdaHosts(triggers, { url: aws.url, folder });
  afterAll(async () => {
    await close();
    await aws.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const host of hosts) describeConformance(host);
}
