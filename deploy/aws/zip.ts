import { crc32 } from "node:zlib";

const VERSION = 20;
/** 1980-01-01, the first day that zip knows. */
const DATE = 0x21;
const UNIX = 3 << 8;
/** A plain file that everybody may read: Lambda runs as another user. */
const MODE = 0o100644;
const UTF8_NAMES = 0x800;

/**
 * A zip of files in the order given, at a fixed time, stored: compressors differ between machines, and so would the zip.
 *
 * out     the archive's bytes: the same for the same files, everywhere
 * source  PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16
 */
export function toZip(files: readonly (readonly [name: string, content: Uint8Array])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const path = Buffer.from(name);
    const content = Buffer.from(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    locals.push(signature("PK\x03\x04"), common, path, content);

    const made = Buffer.alloc(2);
    made.writeUInt16LE(UNIX | VERSION);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(MODE * 0x10000, 6);
    rest.writeUInt32LE(offset, 10);
    centrals.push(signature("PK\x01\x02"), made, common, rest, path);
    offset += 4 + common.length + path.length + content.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, signature("PK\x05\x06"), end]);
}

const signature = (text: string): Buffer => Buffer.from(text, "latin1");
