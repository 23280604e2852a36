import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, vi } from "vitest";
import { OrderPaid } from "../../functions/events/index.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { createNotification, type SendMail } from "../../functions/notification/handler.ts";
import { createWorld, toEvent } from "../core/dispatch/test-world.ts";
import { derivedId } from "../core/event/ids.ts";
import { ConfigError } from "../core/host/config-error.ts";
import { createCertificate } from "../dapr/test-certificate.ts";
import { createSendMail } from "./send-mail.ts";
import { startMailServer } from "./test-mail-server.ts";

const MAIL_FROM = "The Shop <shop@shop.example>";
const ada = { name: "Ada Lovelace", email: "ada@example.com" };
const mail = { key: "o-1/paid", to: ada, subject: "Your order is paid (o-1)", eventId: "e-1" };
type Mail = Parameters<SendMail>[0];

const mailerTo = (port: number, env: Readonly<Record<string, string>> = {}) =>
  createSendMail({ SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM, ...env });

const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error("nothing was thrown"),
    (error) => error,
  );

it("a mail arrives: from whom, to whom, about what, and not to be answered by who is away", async () => {
  const { port, mails } = await startMailServer();
  await mailerTo(port)(mail);
  expect(mails).toEqual([
    {
      from: "shop@shop.example",
      to: [ada.email],
      headers: expect.objectContaining({
        from: "The Shop <shop@shop.example>",
        to: "Ada Lovelace <ada@example.com>",
        subject: mail.subject,
        "message-id": `<${derivedId("mail", mail.key)}@shop.example>`,
        "auto-submitted": "auto-generated",
      }),
      body: mail.subject,
      isTls: false,
      user: undefined,
    },
  ]);
});

it("the same key has the same message id in every process, another has another: so a repetition can be known", async () => {
  const { port, mails } = await startMailServer();
  for (const key of ["a", "b", "a"]) await mailerTo(port)({ ...mail, key });
  const [first, other, again] = mails.map(({ headers }) => headers["message-id"]);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

describe("what a customer wrote is one recipient and no header of its own", () => {
  const named = (name: string): Partial<Mail> => ({ to: { ...ada, name } });
  const at = (email: string): Partial<Mail> => ({ to: { ...ada, email } });
  it.each<[string, Partial<Mail>, string]>([
    ["a line's end in the name", named("Ada\r\nBcc: eve@evil.example"), ada.email],
    ["a mail's end in the name", named("Ada\r\n\r\nHello\r\n.\r\nMAIL FROM:<eve@evil.example>"), ada.email],
    ["another address in the name", named('Ada" <eve@evil.example>, "Eve'), ada.email],
    ["letters of other scripts in the name", named("Zoë 日本語"), ada.email],
    ["a line's end in the subject", { subject: "Paid\r\nBcc: eve@evil.example\r\n\r\nHello" }, ada.email],
    ["letters of other scripts in the subject", { subject: "Bestellung bezahlt: Füße" }, ada.email],
    ["a comma in the address", at("eve,ada@example.com"), '"eve,ada"@example.com'],
    ["a group as the address", at("eve:ada;@example.com"), '"eve:ada;"@example.com'],
  ])("%s", async (_what, change, to) => {
    const { port, mails } = await startMailServer();
    await mailerTo(port)({ ...mail, ...change });
    expect(mails.map((one) => one.to)).toEqual([[to]]);
    const headers = mails[0]?.headers ?? {};
    expect(Object.keys(headers).sort()).toEqual(
      ["auto-submitted", "content-transfer-encoding", "content-type", "date", "from"].concat([
        "message-id",
        "mime-version",
        "subject",
        "to",
      ]),
    );
    expect(JSON.stringify(headers)).toMatch(/^[\x20-\x7e]*$/);
    // Encoded, it is text to every reader; it must not come out as a line's end of a header either.
    expect(headers.to).not.toMatch(/=0D|=0A/);
  });
});

describe("whose fault it is", () => {
  it.each([
    { at: "to", code: 550, of: "RCPT TO" },
    { at: "to", code: 553, of: "RCPT TO" },
    { at: "data", code: 554, of: "DATA" },
  ] as const)(
    "the mail's: $code to $of can never be sent, and says nothing of the customer",
    async ({ at, code, of }) => {
      const { port } = await startMailServer({ answer: { at, code } });
      const error = await errorOf(mailerTo(port)(mail));
      expect(error).toEqual(new Dead("mail-refused", `mail: must be taken by the mail server, got ${code} to ${of}`));
    },
  );

  it.each([
    { at: "connect", code: 554, got: "554 to CONN" },
    { at: "from", code: 550, got: "550 to MAIL FROM" },
    { at: "from", code: 451, got: "451 to MAIL FROM" },
    { at: "to", code: 421, got: "421 to CONN" },
    { at: "to", code: 450, got: "450 to RCPT TO" },
    { at: "to", code: 530, got: "530 to RCPT TO" },
    { at: "data", code: 452, got: "452 to DATA" },
  ] as const)("nobody's for ever: $got comes again, and says nothing of the customer", async ({ at, code, got }) => {
    const { port } = await startMailServer({ answer: { at, code } });
    expect(await errorOf(mailerTo(port)(mail))).toEqual(new Error(`mail: must be sent, got ${got}`));
  });

  it("nobody's for ever: where no server is", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port: free } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    expect(await errorOf(mailerTo(free)(mail))).toEqual(new Error("mail: must be sent, got ECONNREFUSED to CONN"));
  });

  it.each(["connect", "to", "data"] as const)(
    "a server that hangs at %s is given up before the dispatch is, so that the lease is given back",
    async (at) => {
      const { port } = await startMailServer({ answer: { at, code: "never" } });
      const error = await errorOf(mailerTo(port, { DISPATCH_TIMEOUT_MS: "500" })(mail));
      expect(error).toEqual(new Error("mail: must be sent within 400 ms, was not"));
    },
  );

  it("the event whose mail is refused is a letter that says so; one that comes again is not", async () => {
    const world = createWorld();
    const paid = toEvent(OrderPaid(OrderPaid.sample));
    const refusing = await startMailServer({ answer: { at: "to", code: 550 } });
    const busy = await startMailServer({ answer: { at: "to", code: 450 } });
    const deliver = (port: number) => world.deliver(() => createNotification({ sendMail: mailerTo(port) }), paid);
    expect(await deliver(busy.port)).toMatchObject({ kind: "retry", code: "handler" });
    expect(world.letters).toEqual([]);
    expect(await deliver(refusing.port)).toMatchObject({ kind: "dead", code: "mail-refused" });
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: "e-1", deadcode: "mail-refused", deadreason: expect.stringContaining("550 to RCPT TO") },
    ]);
  });
});

it.each<[string, Parameters<typeof startMailServer>[0]]>([
  ["was sent", {}],
  ["was refused", { answer: { at: "to", code: 550 } }],
])("keeps no connection once a mail %s: it would go stale, and hold up a process that ends", async (_how, options) => {
  const { port, connections } = await startMailServer(options);
  await mailerTo(port)(mail).catch(() => {});
  await vi.waitFor(() => expect(connections.size).toBe(0));
});

describe("a server that wants to know who sends", () => {
  const { key, cert } = createCertificate();
  const folder = mkdtempSync(join(tmpdir(), "loosely-smtp-"));
  const file = join(folder, "cert.pem");
  writeFileSync(file, cert);
  const PASSWORD = "p@ss/w:rd";

  /** In a process of its own: whom Node trusts is settled when it starts. out: what went wrong */
  async function send(url: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const code = `import { createSendMail } from ${JSON.stringify(join(import.meta.dirname, "send-mail.ts"))};
      await createSendMail(process.env)(${JSON.stringify(mail)}).catch(({ message }) => console.log(message));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
      env: { SMTP_URL: url, MAIL_FROM, ...env },
    });
    return stdout.trim();
  }
  const login = `shop:${encodeURIComponent(PASSWORD)}@`;
  const trusting = { NODE_EXTRA_CA_CERTS: file };
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    { how: "STARTTLS", scheme: "smtp", secure: false },
    { how: "TLS from the first byte", scheme: "smtps", secure: true },
  ])("is told so by $how, where its certificate is trusted", async ({ scheme, secure }) => {
    const { port, mails, logins } = await startMailServer({ server: { key, cert, secure, authOptional: false } });
    expect(await send(`${scheme}://${login}127.0.0.1:${port}`, trusting)).toBe("");
    expect(mails).toMatchObject([{ to: [ada.email], isTls: true, user: "shop" }]);
    expect(logins).toEqual([`shop:${PASSWORD}`]);
  });

  it.each([
    { how: "whose certificate nobody trusts", server: { key, cert }, env: {}, got: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    { how: "that knows no TLS", server: { allowInsecureAuth: true }, env: trusting, got: "ETLS|500 to STARTTLS" },
  ])("never sees a password, $how", async ({ server, env, got }) => {
    const { port, mails, logins } = await startMailServer({ server });
    expect(await send(`smtp://${login}127.0.0.1:${port}`, env)).toMatch(
      new RegExp(`^mail: must be sent, got (${got})`),
    );
    expect([mails, logins]).toEqual([[], []]);
  });

  it("and refuses the password: a setting, so the mail comes again", async () => {
    const { port } = await startMailServer({ server: { key, cert }, answer: { at: "auth", code: 535 } });
    expect(await send(`smtp://${login}127.0.0.1:${port}`, trusting)).toBe("mail: must be sent, got 535 to AUTH PLAIN");
  });
});

describe("what is wrong with the settings is said at the start, by field and rule and never by value", () => {
  const SMTP_URL = "smtp://mail.example:587";
  const URL_RULE = "SMTP_URL: must be smtp://HOST:PORT or smtps://HOST:PORT, before the host USER:PASSWORD@ or nothing";
  const FROM_RULE = "MAIL_FROM: must be an address, or NAME <address>, its domain in ASCII";
  it.each([
    "mail.example:587",
    "http://mail.example",
    "smtp://",
    "smtp://mail.example:0",
    "smtp://mail.example:65536",
    "smtp://user@mail.example",
    "smtp://user:s3cret@word@mail.example",
    "smtp://user:s3cret%zz@mail.example",
    "smtp://user:s3cret%ff@mail.example",
    "smtp://mail.example/?logger=true",
    "smtp://mail.example?tls.rejectUnauthorized=false",
    " smtp://mail.example",
  ])("SMTP_URL %j", (url) => {
    expect(() => createSendMail({ SMTP_URL: url, MAIL_FROM })).toThrow(new ConfigError(URL_RULE));
  });

  it.each(["", "shop", "shop@", "Shop shop@shop.example", "Shop <shop@shop.example", "a@b@c", "s@bücher.example"])(
    "MAIL_FROM %j",
    (from) => {
      expect(() => createSendMail({ SMTP_URL, MAIL_FROM: from })).toThrow(new ConfigError(FROM_RULE));
    },
  );

  it("both at once, and a sender without a server, whose mails would go nowhere", () => {
    expect(() => createSendMail({ SMTP_URL: "s3cret" })).toThrow(new ConfigError(`${URL_RULE}\n${FROM_RULE}`));
    expect(() => createSendMail({ MAIL_FROM })).toThrow(new ConfigError(URL_RULE));
  });

  it.each([
    "smtp://mail.example",
    "smtps://mail.example:465/",
    "smtp://user:p%40ss@[::1]:2525",
    "smtp://10.0.0.1:25",
    "SMTP://relay",
  ])("%s is right", (url) => {
    for (const from of ["shop@shop.example", "<shop@shop.example>", MAIL_FROM, "Bücher & Söhne <b@shop.example>"])
      expect(createSendMail({ SMTP_URL: url, MAIL_FROM: from })).toBeTypeOf("function");
  });

  it("none of them, or empty ones: nobody gets a mail", async () => {
    await expect(createSendMail({})(mail)).resolves.toBeUndefined();
    await expect(createSendMail({ SMTP_URL: "", MAIL_FROM: "" })(mail)).resolves.toBeUndefined();
  });
});
