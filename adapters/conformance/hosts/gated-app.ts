import { request } from "node:http";
import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Ports } from "../../core/dispatch/ports.ts";
import { createDaprApp } from "../../dapr/app.ts";
import { TOPIC } from "../handlers.ts";
import type { Running, Sending } from "../host.ts";
import { createGate } from "./gate.ts";

interface GatedOptions {
  readonly ports: Ports;
  readonly appPort: number;
  /** Of the sidecar. */
  readonly httpPort: number;
  /** How a message gets to the broker. Left out: through the sidecar. */
  readonly send?: (message: Sending) => Promise<void>;
  /** An event has been taken, and comes no more. */
  readonly onTaken?: () => void;
}

/** An app behind a sidecar that delivers what is published, and again when it likes: one delivery at a time is let in. */
export async function serveGated(
  fn: FunctionDefinition,
  { ports, appPort, httpPort, send = (message) => publish(message, httpPort), onTaken }: GatedOptions,
): Promise<Pick<Running, "deliver" | "redeliver" | "stop">> {
  const app = createDaprApp(fn, { ports, limits: { lastCallMs: 0 } });
  const gate = createGate(app, onTaken);
  await app.listen({ host: "127.0.0.1", port: appPort });
  return {
    async deliver(message) {
      await send(message);
      return gate.letOneIn();
    },
    redeliver: gate.letOneIn,
    async stop() {
      gate.close();
      await app.close();
    },
  };
}

/** Publishes a message as it is to the topic of the cases. throws: when the sidecar refuses it */
export function publish({ headers, body }: Sending, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/v1.0/publish/pubsub/${TOPIC}`;
    const outgoing = request({ host: "127.0.0.1", port, method: "POST", path }, (answer) => {
      answer.resume();
      if (answer.statusCode === 204) resolve();
      else reject(new Error(`the sidecar refused to publish: ${answer.statusCode}`));
    });
    outgoing.on("error", reject);
    for (const [name, value] of Object.entries(headers)) if (value) outgoing.setHeader(name, value);
    outgoing.end(body);
  });
}
