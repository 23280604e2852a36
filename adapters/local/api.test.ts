import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createSidecars } from "./sidecars.ts";
import { ask, pubsubYaml, resourcesWith, stateYaml, subscriptionsYaml } from "./test-app.ts";

let port = 0;

beforeEach(async () => {
  const scopes = { publishingScopes: "app=t", protectedTopics: "p" };
  const subscriptions = subscriptionsYaml([{ topic: "t" }]);
  const resources = [resourcesWith({ "a.yaml": pubsubYaml(scopes), "b.yaml": stateYaml, "c.yaml": subscriptions })];
  const apps = [{ appId: "app", appPort: 1, httpPort: 0, apiToken: "secret" }];
  const sidecars = await createSidecars({ resources, database: ":memory:", apps });
  port = sidecars.apps[0]?.httpPort ?? 0;
  onTestFinished(sidecars.close);
});

const token = { "dapr-api-token": "secret" };

test.each([
  ["no token", {}, "/v1.0/metadata", 401],
  ["a wrong token", { "dapr-api-token": "secreT" }, "/v1.0/metadata", 401],
  ["the token as bearer", { authorization: "Bearer secret" }, "/v1.0/metadata", 401],
  ["the token in the query", {}, "/v1.0/metadata?dapr-api-token=secret", 401],
  ["the right token", token, "/v1.0/metadata", 200],
  ["no token, health", {}, "/v1.0/healthz/outbound", 204],
  ["no token, unknown API", {}, "/v1.0/nosuch", 401],
])("with %s", async (_what, headers, path, status) => {
  const answer = await ask(port, { path, headers });
  expect([answer.status, answer.status === 401 ? answer.body : "invalid api token\n"]).toEqual([
    status,
    "invalid api token\n",
  ]);
});

test.each([
  ["POST", "/v1.0-alpha1/publish/pubsub/t"],
  ["POST", "/v1.0/invoke/other/method/x"],
  ["GET", "/v1.0/secrets/store/key"],
  ["POST", "/v1.0/bindings/x"],
  ["POST", "/v1.0-alpha1/lock/store"],
  ["PUT", "/v1.0/metadata/key"],
  ["GET", "/"],
  ["GET", "//"],
])("%s %s is 501 and says so, since it is not supported", async (method, path) => {
  const { status, body } = await ask(port, { method, path, headers: token });
  expect([status, JSON.parse(body).errorCode]).toEqual([501, "ERR_NOT_SUPPORTED"]);
  expect(JSON.parse(body).message).toContain("the local sidecar does not support");
});

test.each([
  ["within its scope", "t", 204, undefined],
  ["outside of its scope", "u", 403, "ERR_PUBSUB_FORBIDDEN"],
  ["protected", "p", 403, "ERR_PUBSUB_FORBIDDEN"],
  ["a bad escape", "%zz", 400, "ERR_MALFORMED_REQUEST"],
  ["a header in the metadata that is none", "t?metadata.x=a%0D%0Ab", 400, "ERR_PUBSUB_REQUEST_METADATA"],
  ["a metadata name that is none", "t?metadata.a%20b=c", 400, "ERR_PUBSUB_REQUEST_METADATA"],
  ["raw payload", "t?metadata.rawPayload=true", 204, undefined],
  ["raw payload that is neither on nor off", "t?metadata.rawPayload=maybe", 400, "ERR_PUBSUB_REQUEST_METADATA"],
])("publishing to a topic %s", async (_what, topic, status, code) => {
  const answer = await ask(port, { method: "POST", path: `/v1.0/publish/pubsub/${topic}`, headers: token, body: "{}" });
  expect([answer.status, answer.body ? JSON.parse(answer.body).errorCode : undefined]).toEqual([status, code]);
});

test.each([
  [4 * 1024 * 1024 + 1, 204],
  [4 * 1024 * 1024 + 2, 500],
])("a body of %i bytes is %i, to the byte as daprd", async (size, status) => {
  const headers = { ...token, "content-type": "application/octet-stream" };
  const path = "/v1.0/publish/pubsub/t";
  const answer = await ask(port, { method: "POST", path, headers, body: new Uint8Array(size) });
  expect(answer.status).toBe(status);
  if (status === 500) expect(JSON.parse(answer.body).errorCode).toBe("ERR_PUBSUB_PUBLISH_MESSAGE");
});

test("metadata names the app, its components and its subscriptions", async () => {
  const { body } = await ask(port, { path: "/v1.0/metadata", headers: token });
  expect(JSON.parse(body)).toMatchObject({
    id: "app",
    components: [
      { name: "pubsub", type: "pubsub.redis", version: "v1" },
      { name: "statestore", type: "state.redis", version: "v1" },
    ],
    subscriptions: [{ pubsubname: "pubsub", topic: "t", rules: [{ match: "", path: "/t" }], type: "DECLARATIVE" }],
  });
});

test("a component that is out of an app's scope is not there for it", async () => {
  const resources = [resourcesWith({ "a.yaml": `${pubsubYaml()}scopes: [other]` })];
  const apps = [{ appId: "app", appPort: 1, httpPort: 0 }];
  const sidecars = await createSidecars({ resources, database: ":memory:", apps });
  onTestFinished(sidecars.close);
  const answer = await ask(sidecars.apps[0]?.httpPort ?? 0, {
    method: "POST",
    path: "/v1.0/publish/pubsub/t",
    body: "{}",
  });
  expect([answer.status, JSON.parse(answer.body).errorCode]).toEqual([404, "ERR_PUBSUB_NOT_FOUND"]);
});
