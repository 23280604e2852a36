import type { Call } from "../tools/fault-proxy.ts";
import { type Pod, TOKENS } from "./shop.ts";

/** Publishes a CloudEvent through a pod's sidecar, past its service. */
export async function publish(
  pod: Pod,
  { topic, body }: { readonly topic: string; readonly body: string },
): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${pod.sidecarPort}/v1.0/publish/pubsub/${topic}`, {
    method: "POST",
    headers: { "dapr-api-token": TOKENS.DAPR_API_TOKEN, "content-type": "application/cloudevents+json" },
    body,
  });
  if (answer.status !== 204) throw new Error(`publish answered ${answer.status}: ${await answer.text()}`);
}

/** The events that a service publishes in one call, one or a bulk of them. */
export const saidIn = ({ path, body }: Call): readonly string[] =>
  path.startsWith("publish/bulk/")
    ? (JSON.parse(body) as { event: string }[]).map(({ event }) => Buffer.from(event, "base64").toString())
    : [body];

/** Says again what a service has said. */
export async function publishAgain(pod: Pod, call: Call): Promise<void> {
  const topic = call.path.split("/").at(-1) ?? "";
  for (const body of saidIn(call)) await publish(pod, { topic, body });
}
