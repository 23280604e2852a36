import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sign } from "./sigv4.ts";

const text = fc.string({ unit: "binary" }).map((value) => value.toWellFormed());
const word = fc.stringMatching(/^[\w+/=.-]{1,40}$/);
const request = fc.record({
  url: fc.constantFrom("https://sns.eu-west-1.amazonaws.com/", "http://127.0.0.1:5000/", "https://a.example/base"),
  body: text,
  target: word,
  service: fc.constantFrom("sns", "dynamodb"),
  region: fc.constantFrom("eu-west-1", "cn-north-1"),
  accessKeyId: word,
  secretAccessKey: word,
  sessionToken: fc.option(word, { nil: undefined }),
  now: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

it("signs as aws4fetch does, whatever is asked", async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ url, body, target, now, sessionToken, ...by }) => {
      const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
      const datetime = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
      const token = sessionToken === undefined ? {} : { sessionToken };
      const signed = await new AwsV4Signer({ method: "POST", url, headers, body, datetime, ...by, ...token }).sign();
      expect(sign({ url: new URL(url), headers, body }, { ...by, ...token, now })).toEqual(
        Object.fromEntries(signed.headers),
      );
    }),
    { numRuns: 200 },
  );
});
