import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freeRow } from "../../../adapters/local/free-ports.ts";
import { readSession } from "../../../adapters/local/session.ts";
import { atTerminal, CTRL_C, openTerminal } from "../tools/terminal.ts";

const ROOT = join(import.meta.dirname, "../../..");
const COPIED = ["functions", "adapters", "deploy", "package.json", "tsconfig.json", "README.md"];
const HANDLER = "functions/shipping/handler.ts";
const PORTS_FROM = 12_000 + (process.pid % 180) * 10;

/** What somebody does who has just copied the project, at a terminal, by what the screen says. */
const project = mkdtempSync(join(tmpdir(), "loosely-newcomer-"));
const handler = join(project, HANDLER);
const type = (command: string, env = {}) => atTerminal(command, { cwd: project, env });
let shop: ReturnType<typeof openTerminal>;

beforeAll(async () => {
  for (const path of COPIED) cpSync(join(ROOT, path), join(project, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
  shop = openTerminal("npm start -- --port 0 --watch", { cwd: project });
  await shop.shows("is open.");
});

afterAll(async () => {
  await shop?.end();
  rmSync(project, { recursive: true, force: true });
});

it("a handler that throws shows the line at which it does, what it prints is shown with its name, and once it is mended all goes on", async () => {
  const code = readFileSync(handler, "utf8");
  const at = code.indexOf("const { tracking }");
  const slip =
    'console.log("books a parcel");\n        const { size } = (order as never as { parcel: { size: number } }).parcel;\n';
  writeFileSync(handler, `${code.slice(0, at)}${slip}${code.slice(at)}`);
  const line = code.slice(0, at).split("\n").length + 1;
  await shop.shows(`${HANDLER}: shipping started again`);
  const placed = await fetch(`${readSession(join(project, ".local"))?.services[0]?.url}/orders`, { method: "POST" });
  const { orderId } = (await placed.json()) as { readonly orderId: string };
  await shop.shows(/shipping +books a parcel/);
  await shop.shows(/shipping +order\.paid +comes again \(handler: TypeError: Cannot destructure/);
  await shop.shows(`at ${HANDLER}:${line}`);
  writeFileSync(handler, code);
  await shop.shows(new RegExp(`notification +order\\.shipped +done .*${orderId.slice(0, 8)}`));
  const story = await type(`npm run story -- ${orderId.slice(0, 8)}`);
  expect(story.screen).toMatch(/shipping +order\.paid +comes again/);
  expect(story.code).toBe(0);
});

it("a broken event is said, listed, shown, mended and replayed, as one line leads to the next", async () => {
  const said = await type("npm run say -- order.paid --invalid");
  expect(said.code).toBe(1);
  const [, id = ""] = /^said {2}(\S+)/m.exec(said.screen) ?? [];
  const letters = [...said.screen.matchAll(/The letter: npm run dead -- show (\w+)/g)].map(([, letter = ""]) => letter);
  expect(letters).toHaveLength(2);
  await shop.until(() => shop.lastLine() === "2 dead letters: npm run dead -- list", "the last line counts them");

  const { screen: listed } = await type("npm run dead -- list");
  expect(listed).toMatch(/schema at shipping on orders/);
  expect(listed).toContain("2 dead letters");
  const { screen: letter } = await type(`npm run dead -- show ${letters[0]}`);
  expect(letter).toMatch(/"quantity": "2"/);

  const editor = `sed -i 's/"quantity": "2"/"quantity": 2/'`;
  for (const each of letters)
    expect(await type(`npm run dead -- replay ${each} --edit`, { EDITOR: editor, VISUAL: "" })).toMatchObject({
      code: 0,
    });
  await shop.until(() => shop.lastLine() === "no dead letters", "the last line counts none");
  await shop.shows(/shipping +order\.paid +→ shipment\.dispatched .*o-1/);
  const story = await type(`npm run story -- ${id}`);
  expect(story.screen).toMatch(/shipping +order\.paid +dead \(schema: /);
  expect(story.screen).toMatch(/shipping +order\.paid +→ shipment\.dispatched/);
  expect(story.code).toBe(0);
});

describe("the launcher says in a line what is wrong", () => {
  it("with a second one, which ends at once", async () => {
    const began = Date.now();
    const { code, screen } = await type("npm start");
    expect([code, screen]).toEqual([1, expect.stringMatching(/process \d+, at \S+ runs on this data: stop it first/)]);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  it.each([
    ["with --data where no folder can be", "npm start -- --data /proc/nowhere", 1, /--data: \S+ cannot be used: /],
    [
      "with options that npm took",
      "npm start --port 9000",
      2,
      /--port: npm took it for one of its own; write "--" first/,
    ],
    [
      "with options of another command that npm took",
      "npm run say order.paid --invalid",
      2,
      /--invalid: npm took it for one of its own/,
    ],
    ["with an option that is none", "npm start -- --prot 1", 2, /--prot: is no option; did you mean --port\?/],
    [
      "with a load on a shop that is not there",
      "npm run load -- --url http://127.0.0.1:9",
      1,
      /http:\/\/127\.0\.0\.1:9/,
    ],
    ["with a type that is none", "npm run say -- order.payd", 2, /did you mean order\.paid\?/],
  ])("%s", async (_what, command, status, message) => {
    const { code, screen } = await type(command);
    expect([code, screen]).toEqual([status, expect.stringMatching(message)]);
  });

  it("with a port that is taken", async () => {
    const port = await freeRow(PORTS_FROM, 4);
    const other = createServer().listen(port, "127.0.0.1");
    onTestFinished(() => void other.close());
    const { code, screen } = await type(`npm start -- --port ${port} --data other`);
    expect([code, screen]).toEqual([1, expect.stringContaining(`port ${port} is taken`)]);
  });

  it("with YAML that is none, once", async () => {
    const file = join(project, "deploy/dapr/resources/slip.yaml");
    writeFileSync(file, "kind: [");
    onTestFinished(() => rmSync(file));
    const { code, screen } = await type("npm start -- --port 0 --data other");
    expect([code, screen.match(/slip\.yaml/g)]).toEqual([1, ["slip.yaml"]]);
  });

  it("with a variable that is misspelt, and a file of events that is gone; Ctrl-C ends what runs all the same", async () => {
    const other = openTerminal("npm start -- --port 0 --data other", { cwd: project, env: { APP_PRT: "1" } });
    onTestFinished(other.end);
    await other.shows("APP_PRT: is no setting; did you mean APP_PORT?");
    await other.shows("is open.");
    rmSync(join(project, "other/broker.db"));
    await other.shows("broker.db: is not there any more: the events and the state that it held are gone");
    other.type(CTRL_C);
    expect(await other.ended).toBe(0);
  });
});

it("Ctrl-C ends it with 0, and nothing is started again", async () => {
  shop.type(CTRL_C);
  expect(await shop.ended).toBe(0);
  const rest = shop.screen().slice(shop.screen().lastIndexOf("^C"));
  expect(rest).toContain("closing");
  expect(rest).not.toMatch(/died|starting it again/);
  expect(readSession(join(project, ".local"))).toBeUndefined();
});
