import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { TOPIC } from "../conformance/handlers.ts";
import { createHost, type Sending, type Verdict } from "../conformance/host.ts";
import { createDaprApp, MAX_EVENT_BYTES } from "./app.ts";

/** The app as its sidecar sees it: over HTTP, with connections that are kept. */
export const daprApp = createHost({
  name: "Dapr app",
  maxEventBytes: MAX_EVENT_BYTES,
  serve: async (fn, { ports, token }) => {
    const app = createDaprApp(fn, { ports, token, limits: { lastCallMs: 0 } });
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true });
    // The agent is left alone at the end: what is still on its way to the client must arrive.
    return { deliver: (message) => post(message, { agent, port }), stop: () => app.close() };
  },
});

function post({ headers, body, token }: Sending, to: { agent: Agent; port: number }): Promise<Verdict> {
  const secret = token === undefined ? {} : { "dapr-api-token": token };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...to, host: "127.0.0.1", method: "POST", path: `/${TOPIC}` }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve("done");
      else if (answer.statusCode === 503 || answer.statusCode === 401) resolve("again");
      else reject(new Error(`a sidecar would lose or loop on ${answer.statusCode}`));
    });
    outgoing.on("error", reject);
    for (const [name, value] of Object.entries({ ...headers, ...secret })) if (value) outgoing.setHeader(name, value);
    outgoing.end(body);
  });
}
