import { type AwsEnvironment, type CallAws, createAws } from "../../../adapters/lambda/aws-client.ts";
import { UsageError } from "../../../adapters/local/command-line.ts";
import { readCredentials } from "../../aws/credentials.ts";
import { printed } from "../../programs.ts";
import { createAnsweredClock } from "./answered-clock.ts";
import type { DriverOptions } from "./options.ts";

/** Credentials are asked for again so long before they end. */
const EARLY_MS = 5 * 60_000;

/** Of one try. What SQS hands out in an answer that nobody waits for any more is hidden for nothing. */
const TRY_MS = 30_000;

/** Calls SQS as whoever typed the command. */
export interface AwsSession {
  readonly region: string;
  /** The latest that it was there at the last answer, in ms since the epoch. */
  latest(): number;
  /** throws: Error with what SQS answered */
  sqs(action: string, input: object): Promise<Readonly<Record<string, unknown>>>;
}

/**
 * Signs calls with what the environment says, otherwise with what the AWS CLI has.
 */
export async function openAwsSession({ at, env }: Pick<DriverOptions, "at" | "env">): Promise<AwsSession> {
  const profile = at.profile === undefined ? [] : ["--profile", at.profile];
  const region = at.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? (await regionOf(profile));
  if (!region) throw new UsageError("--region: must be given, or AWS_REGION, or a region of the profile");
  const endpoint = env.AWS_ENDPOINT_URL_SQS || env.AWS_ENDPOINT_URL;
  const clock = createAnsweredClock();
  let call: CallAws | undefined;
  let ends = 0;

  return {
    region,
    latest: clock.latest,
    async sqs(action, input) {
      if (!call || Date.now() > ends - EARLY_MS) {
        const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = await readCredentials(env, at.profile);
        ends = Expiration === undefined ? Number.POSITIVE_INFINITY : Date.parse(Expiration);
        const by: AwsEnvironment = {
          region,
          accessKeyId: AccessKeyId,
          secretAccessKey: SecretAccessKey,
          sessionToken: SessionToken,
        };
        call = createAws({ ...by, tryMs: TRY_MS, ...(endpoint ? { endpoints: { sqs: endpoint } } : {}) }, clock);
      }
      const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` };
      const { status, text } = await call({ service: "sqs", headers, body: JSON.stringify(input) });
      if (status !== 200) throw new Error(`${action}: answered ${status}: ${reasonIn(text)}`);
      return text === "" ? {} : JSON.parse(text);
    },
  };
}

const regionOf = (profile: readonly string[]): Promise<string> =>
  printed("aws", ["configure", "get", "region", ...profile]).catch(() => "");

function reasonIn(text: string): string {
  try {
    const { __type = "", message = "", Message = message } = JSON.parse(text);
    return `${String(__type).replace(/.*#/, "")} ${Message}`.trim().slice(0, 300);
  } catch {
    return text.replace(/\s+/g, " ").trim().slice(0, 300);
  }
}
