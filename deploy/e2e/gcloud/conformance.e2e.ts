import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { describeConformance } from "../../../adapters/conformance/suite.ts";
import { forms } from "../../../adapters/gcf/conformance.ts";
import { firestoreEmulator, startFirestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator, startPubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { createFunctionHosts } from "./conformance.ts";

const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();

if (missing) describe("conformance of the built functions", () => it.skip(missing, () => {}));
else {
  const folder = mkdtempSync(join(tmpdir(), "loosely-gcloud-"));
  const [pubsub, firestore] = await Promise.all([startPubsubEmulator({ folder }), startFirestoreEmulator({ folder })]);
  const { hosts, close } = await createFunctionHosts(forms, { folder, pubsub, firestore });
  afterAll(async () => {
    await close();
    await Promise.all([pubsub.stop(), firestore.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const host of hosts) describeConformance(host);
}
