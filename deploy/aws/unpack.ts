import { equal } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** For tests: unpacks what `toZip` packs as zip tools do, by the directory at the end. */
export function unpack(zip: Buffer, into: string): void {
  mkdirSync(into, { recursive: true });
  const end = zip.length - 22;
  equal(zip.readUInt32BE(end), 0x504b0506);
  let at = zip.readUInt32LE(end + 16);
  for (let files = zip.readUInt16LE(end + 10); files > 0; files--) {
    equal(zip.readUInt32BE(at), 0x504b0102);
    const [size, nameLength, offset] = [
      zip.readUInt32LE(at + 24),
      zip.readUInt16LE(at + 28),
      zip.readUInt32LE(at + 42),
    ];
    const start = offset + 30 + nameLength;
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    writeFileSync(join(into, name), zip.subarray(start, start + size));
    at += 46 + nameLength;
  }
}
