import { describe, expect, it } from "vitest";
import { UsageError } from "../../adapters/local/command-line.ts";
import { parseAsked } from "./asked.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const parse = (text: string) => parseAsked(text.split(" "), NOW);

describe("parseAsked", () => {
  it.each([
    ["2h", "2026-11-28T10:00:00Z"],
    ["1m30s", "2026-11-28T11:58:30Z"],
    ["7d", "2026-11-21T12:00:00Z"],
    ["2026-11-28T10:00:00+01:00", "2026-11-28T09:00:00Z"],
  ])("reads --since %s as the time that it means", (since, time) => {
    expect(parse(`list --since ${since}`)?.filter).toEqual({ since: Date.parse(time) });
  });

  it("takes --topic for a filter, and beside an ID for where that letter goes", () => {
    expect(parse("replay --topic orders")).toMatchObject({ topic: "orders", filter: { topic: "orders" } });
    expect(parse("replay 12345678 --topic orders")).toMatchObject({ topic: "orders", filter: { ids: ["12345678"] } });
    expect(parse("replay 12345678 --topic orders")?.filter).not.toHaveProperty("topic");
  });

  it.each([
    ["", /must begin with list, show, replay or drop/],
    ["lst", /got lst/],
    ["list 12345678", /list: has no ID/],
    ["show", /show: must have one ID, got 0/],
    ["show 1234567", /8 hexadecimal digits/],
    ["show ABCDEF012", /8 hexadecimal digits/],
    ["list --host azure", /--host: must be local, dapr, aws or gcloud, got azure/],
    ["list --since yesterday", /--since: must be a duration, as 2h, or RFC 3339/],
    ["list --edit", /--edit: belongs to npm run dead -- replay, got list/],
    ["drop 12345678 --new-id", /--new-id: belongs to/],
    ["list --project p", /--project: belongs to --host gcloud, got local/],
    ["list --host aws --data .local", /--data: belongs to --host local, got aws/],
    ["replay --rate 0", /--rate: must be a number above 0/],
    ["replay --rate many", /--rate: must be a number above 0/],
  ])("refuses %j with the option and its rule", (text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });
});
