import { createHmac } from "node:crypto";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { digestOfEvent } from "../event/digest.ts";

/**
 * Tells a letter that a deployment has written from one that somebody has made up, who could choose where it is replayed to.
 * Of its attributes those that say what it is and where it died; of its data what it says, since sidecars write JSON anew.
 *
 * in      secret: of the deployment (LETTER_SECRET)
 * out     an HMAC-SHA-256, hexadecimal
 * source  RFC 2104
 */
export function toSeal(letter: CloudEvent, secret: string): string {
  const { source, id, subject = "", deadtopic, deadcode, deadfunction } = letter;
  const said = JSON.stringify([source, id, deadtopic, deadcode, deadfunction, digestOfEvent(subject, letter)]);
  return mac(said, secret);
}

const mac = (text: string, secret: string): string => createHmac("sha256", secret).update(text).digest("hex");

/** Whether a letter bears the seal of whoever knows the secret. How long it takes tells nothing of the seal that was due. */
export function isSealed(letter: CloudEvent, secret: string): boolean {
  const { deadseal } = letter;
  return typeof deadseal === "string" && mac(deadseal, secret) === mac(toSeal(letter, secret), secret);
}
