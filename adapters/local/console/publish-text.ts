import { readSession } from "../session.ts";

/**
 * Publishes bytes that need be no event, as somebody else would who knows nothing of this system.
 *
 * in      data: of a system that runs
 * throws  Error with what its sidecars answered
 */
export async function publishText(data: string, { topic, text }: { readonly topic: string; readonly text: string }) {
  const { services = [], tokens } = readSession(data) ?? {};
  const component = encodeURIComponent(process.env.PUBSUB_NAME ?? "pubsub");
  const path = `v1.0/publish/${component}/${encodeURIComponent(topic)}?metadata.rawPayload=true`;
  let refused = "no sidecar runs";
  // Each app may publish to some topics.
  for (const { sidecarUrl } of services) {
    const answer = await fetch(`${sidecarUrl}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream", "dapr-api-token": tokens?.dapr ?? "" },
      body: text,
    });
    if (answer.status === 204) return;
    refused = `the sidecar answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`;
  }
  throw new Error(refused);
}
