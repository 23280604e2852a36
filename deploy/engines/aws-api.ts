import { AwsClient } from "aws4fetch";
import { REGION } from "./moto.ts";

/** AWS's own HTTP interfaces, as far as tests ask. throws: for anything but 2xx, with what AWS said. */
export interface AwsApi {
  /** Services that speak JSON 1.0 or 1.1. */
  json(target: JsonTarget, input?: object): Promise<Record<string, unknown>>;
  /** Services that speak forms and XML. */
  form(service: "sns" | "cloudwatch" | "cloudformation", input: Readonly<Record<string, string>>): Promise<string>;
  /** Services that speak REST. */
  rest(
    service: "lambda",
    path: string,
    init?: { readonly method: string; readonly body?: string },
  ): Promise<Record<string, unknown>>;
}

const SERVICES = {
  AmazonSQS: "sqs",
  AWSEvents: "events",
  DynamoDB_20120810: "dynamodb",
  Logs_20140328: "logs",
} as const;

type JsonTarget = `${keyof typeof SERVICES}.${string}`;

export function createAwsApi(url: string): AwsApi {
  const client = new AwsClient({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "made-up", region: REGION, retries: 2 });
  const send = async (path: string, init: RequestInit & { readonly service: string }) => {
    const { service, ...asked } = init;
    const answer = await client.fetch(url + path, { ...asked, aws: { service, region: REGION } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${service}: ${answer.status} ${text.slice(0, 500)}`);
    return text;
  };
  return {
    async json(target, input = {}) {
      const [name = ""] = target.split(".");
      const type = /^(Logs|AWSEvents)/.test(target) ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0";
      const headers = { "content-type": type, "x-amz-target": target };
      const service = SERVICES[name as keyof typeof SERVICES];
      return JSON.parse((await send("/", { method: "POST", headers, body: JSON.stringify(input), service })) || "{}");
    },
    form: (service, input) =>
      send("/", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(input).toString(),
        service,
      }),
    async rest(service, path, init = { method: "GET" }) {
      return JSON.parse((await send(path, { ...init, service })) || "{}");
    },
  };
}
