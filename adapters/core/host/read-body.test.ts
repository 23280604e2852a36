import { createHash } from "node:crypto";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { createBodyReader } from "./read-body.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const maxBytes = 8 * MIB;

/** One request and its answer. */
function send(read: ReturnType<typeof createBodyReader>, length?: string) {
  const [stream, response] = [new PassThrough(), new PassThrough()];
  return { stream, response, body: read(stream, { maxBytes, length, response }) };
}

const isWaiting = ({ stream }: { readonly stream: PassThrough }) => stream.isPaused();

it.each([
  ["nothing", 0, undefined],
  ["as much as is held", maxBytes, undefined],
  ["as much as is held, and says so", maxBytes, String(maxBytes)],
  ["what says no number", 10, "ten"],
])("holds %s whole", async (_what, size, length) => {
  const { stream, body } = send(createBodyReader(), length);
  stream.end(Buffer.alloc(size, "abc"));
  const read = await body;
  expect(Object.keys(read)).toEqual(["body"]);
  expect(Buffer.alloc(size, "abc").equals(read.body)).toBe(true);
});

it.each([
  ["one byte more, in one piece", [maxBytes + 1], undefined],
  ["more, in pieces", [1, 5 * MIB, 3 * MIB, 64 * KIB, 7], undefined],
  ["more, as it says itself, in small pieces", [1, 63 * KIB, 2 * KIB, 8 * MIB], String(8 * MIB + 66 * KIB + 1)],
])("keeps of %s the first 64 KiB, the length and the SHA-256", async (_what, sizes, length) => {
  const { stream, body } = send(createBodyReader(), length);
  const pieces = sizes.map((size, index) => Buffer.alloc(size, `${index}abc`));
  const whole = Buffer.concat(pieces);
  for (const piece of pieces) stream.write(piece);
  stream.end();
  expect(await body).toEqual({
    body: whole.subarray(0, 64 * KIB),
    overflow: { length: whole.byteLength, sha256: createHash("sha256").update(whole).digest("hex") },
  });
});

it("throws for a body that is cut off", async () => {
  const { stream, body } = send(createBodyReader());
  stream.write("abc");
  stream.destroy(new Error("aborted"));
  await expect(body).rejects.toThrow("aborted");
});

const LARGE = Buffer.alloc(5 * MIB);

it.each<[string, (first: ReturnType<typeof send>) => unknown]>([
  ["was answered", ({ stream, response }) => stream.end(() => response.end().resume())],
  ["is cut off", ({ stream }) => stream.destroy(new Error("aborted"))],
  ["turns out to be too large to be held", ({ stream }) => stream.write(LARGE)],
])("holds one large body at a time: the next goes on when the first %s", async (_how, end) => {
  const read = createBodyReader();
  const [first, second, small] = [send(read), send(read), send(read)];
  first.body.catch(() => {});
  first.stream.write(LARGE);
  await new Promise(setImmediate);
  second.stream.write(LARGE);
  second.stream.end(LARGE.subarray(0, MIB));
  small.stream.end("small");
  expect(await small.body).toEqual({ body: Buffer.from("small") });
  expect([isWaiting(first), isWaiting(second)]).toEqual([false, true]);
  end(first);
  expect((await second.body).body.byteLength).toBe(6 * MIB);
});

it("waits for nobody who has left while waiting", async () => {
  const read = createBodyReader();
  const [first, second, third] = [send(read), send(read), send(read)];
  for (const { stream } of [first, second, third]) stream.write(LARGE);
  await new Promise(setImmediate);
  second.stream.destroy(new Error("gone"));
  await expect(second.body).rejects.toThrow("gone");
  first.stream.end();
  await first.body;
  first.response.end().resume();
  third.stream.end();
  expect((await third.body).body.byteLength).toBe(5 * MIB);
});
