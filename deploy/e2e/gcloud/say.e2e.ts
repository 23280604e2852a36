import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogue } from "../../../functions/events/index.ts";
import { type PubsubEmulator, pubsubEmulator, startPubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { PROJECT } from "./shop.ts";

const SAY = join(import.meta.dirname, "../../say/main.ts");
const missing = pubsubEmulator.missing();
const [{ type, topic = "" } = { type: "" }] = catalogue.filter((event) => event.topic !== undefined);

describe.skipIf(missing)(`say on Google Cloud${missing ? ` (${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-say-"));
  const path = (kind: string, name: string) => `projects/${PROJECT}/${kind}/${name}`;
  let emulator: PubsubEmulator;
  beforeAll(async () => {
    emulator = await startPubsubEmulator({ folder });
    await emulator.call("PUT", path("topics", `mine-${topic}`));
    await emulator.call("PUT", path("subscriptions", "heard"), { topic: path("topics", `mine-${topic}`) });
  });
  afterAll(async () => {
    await emulator?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const say = (prefix: string) =>
    promisify(execFile)(
      process.execPath,
      [SAY, type, "--id", "e-1", "--host", "gcloud", "--project", PROJECT, "--prefix", prefix],
      { env: { ...process.env, NO_COLOR: "1", PUBSUB_EMULATOR_HOST: emulator.host } },
    );

  it("publishes to the topic of Pub/Sub, and says how its story is told", async () => {
    const { stdout } = await say("mine-");
    expect(stdout).toContain(`said  e-1  npm run story -- e-1 --host gcloud --project ${PROJECT}`);
    const {
      receivedMessages: [{ message }],
    } = (await emulator.call("POST", `${path("subscriptions", "heard")}:pull`, {
      maxMessages: 1,
    })) as { readonly receivedMessages: readonly [{ readonly message: { readonly data: string } }] };
    expect(JSON.parse(Buffer.from(message.data, "base64").toString())).toMatchObject({ id: "e-1", type });
  });

  it("says which topic is not there", async () => {
    await expect(say("other-")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("answered 404") });
  });
});
