import { generateKeyPairSync, sign } from "node:crypto";

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const oid = (bytes: string) => der(0x06, hex(bytes));
const time = (year: number) => der(0x18, Buffer.from(`${year}0101000000Z`));
const extension = (id: string, value: Uint8Array) => sequence(oid(id), der(0x04, value));

/**
 * For tests: a key and a certificate signed by itself, for localhost, 127.0.0.1 and ::1.
 *
 * out     PEM
 * source  RFC 5280, 4.1 and 4.2.1.6
 */
export function createCertificate(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("2a8648ce3d040302"));
  const name = sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from("localhost")))));
  const addresses = [der(0x87, hex("7f000001")), der(0x87, hex(`${"00".repeat(15)}01`))];
  const extensions = sequence(
    extension("551d13", sequence(der(0x01, hex("ff")))),
    extension("551d11", sequence(der(0x82, Buffer.from("localhost")), ...addresses)),
  );
  const toBeSigned = sequence(
    der(0xa0, der(0x02, hex("02"))),
    der(0x02, hex("01")),
    algorithm,
    name,
    sequence(time(2020), time(2120)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const signature = der(0x03, hex("00"), sign("sha256", toBeSigned, privateKey));
  const lines = sequence(toBeSigned, algorithm, signature).toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
