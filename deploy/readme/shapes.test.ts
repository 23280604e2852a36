import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";

const ROOT = join(import.meta.dirname, "../..");

it("what the page shows of a shape that changes does what it says", async () => {
  const page = readFileSync(join(ROOT, "functions/README.md"), "utf8");
  const [, code = ""] = /<!-- shapes -->\n```ts\n(.*?)```/s.exec(page) ?? [];
  const folder = join(ROOT, "dist", "readme");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `shapes-${process.pid}.ts`);
  writeFileSync(file, code.replaceAll('"./kernel/', '"../../functions/kernel/'));
  onTestFinished(() => rmSync(file));
  const { scales } = (await import(pathToFileURL(file).href)) as { readonly scales: FunctionDefinition };
  const v1 = scales.on.get("com.example.parcel.sent.v1");
  const data = { orderId: "o-1", kg: 2 };
  const event = { specversion: "1.0", id: "1", source: "/s", type: "com.example.parcel.sent.v1", time: "", data };
  expect(await v1?.react(event, scales.state.read({ kg: 3 }, 1))).toEqual({ state: { grams: 5_000 } });
});
