import { expect, it } from "vitest";
import { parse } from "yaml";
import { defineFunction, when } from "../../functions/kernel/define.ts";
import { defineSystem } from "../../functions/kernel/system.ts";
import { BULK } from "./bulk.ts";
import { fill, KEPT } from "./kept.ts";
import { testEvent, testSystem } from "./test-system.ts";

const fillIn = (text: string, path = "deploy/dapr/a.yaml") => fill(text, { path, system: testSystem() });

it("a list is the system's, whatever it was, and all else stays as it is written, comments and spaces too", () => {
  const before = `# Why
spec: [ 1,2 ]   # as written
scopes: ${KEPT}
  - order
  # nobody
more:
  - scopes: [order]
`;
  expect(fillIn(before)).toBe(`# Why
spec: [ 1,2 ]   # as written
scopes: ${KEPT}
  - desk
  - "on"
  - late-fees
  - keeper
more:
  - scopes: [order]
`);
});

it.each([
  ["a label", "app.kubernetes.io/part-of", "deploy/kubernetes/components/a/b.yaml", "library"],
  ["a name", "name", "deploy/kubernetes/components/a/b.yaml", "library"],
  ["the name of a namespace", "name", "deploy/kubernetes/overlays/test/namespace.yaml", "library-test"],
  ["a namespace", "namespace", "deploy/kubernetes/overlays/test/kustomization.yaml", "library-test"],
])("%s, further in or not, is the system's", (_, key, path, value) => {
  expect(fillIn(`a:\n  ${key}: shop ${KEPT}\n  b: c\n${key}: shop\n`, path)).toBe(
    `a:\n  ${key}: ${value} ${KEPT}\n  b: c\n${key}: shop\n`,
  );
});

it("Redis hands out a bulk of each topic of the app that hears most, at once: else none of them would ever be full", () => {
  const hears = (topics: readonly string[]) =>
    defineFunction({ name: "one", on: topics.map((topic) => when(testEvent(`${topic}-said`, topic), () => ({}))) });
  const inHand = (topics: readonly string[]) => {
    const system = defineSystem({ name: "library", functions: [hears(topics)] });
    return fill(`    - name: concurrency\n      value: "10" ${KEPT}\n    # Why\n`, { path: "a.yaml", system });
  };
  const { maxMessagesCount: most } = BULK;
  expect(inHand(["loans", "fines", "returns"])).toBe(
    `    - name: concurrency\n      value: "${3 * most}" ${KEPT}\n    # Why\n`,
  );
  // One bulk with the app, and the next beside it.
  expect(inHand(["loans"])).toContain(`value: "${2 * most}"`);
});

it("the apps of the Dapr CLI have ports of their own, also for their edges, which make up what nobody has sent", () => {
  const { apps } = parse(fillIn(`version: 1\napps: ${KEPT}\n`), { version: "1.1" });
  const toApp = (appID: string, row: number) => ({
    ...{ appID, appDirPath: "../..", appPort: 8080 + row, daprHTTPPort: 3500 + row },
    command: ["node_modules/.bin/node", `dist/dapr/${appID}.mjs`],
  });
  expect(apps).toEqual([
    { ...toApp("desk", 0), env: { EDGE_PORT: "8000", EDGE_DEMO: "on" } },
    { ...toApp("on", 1), env: { EDGE_PORT: "8001", EDGE_DEMO: "on" } },
    toApp("late-fees", 2),
    toApp("keeper", 3),
  ]);
});

it("what is filled in is found again, and is then the same", () => {
  const once = fillIn(`scopes: ${KEPT}\n`);
  expect(fillIn(once)).toBe(once);
});

it("refuses a key whose value is no system's, since it would be kept by nobody", () => {
  expect(() => fillIn(`type: a ${KEPT}\n`)).toThrow("deploy/dapr/a.yaml: type must be one of scopes, ");
});
