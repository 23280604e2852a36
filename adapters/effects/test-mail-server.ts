import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** By name in lower case, as it came, its lines joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isTls: boolean;
  readonly user: unknown;
}

/** What a server may answer instead of yes. */
interface Answer {
  readonly at: "connect" | "auth" | "from" | "to" | "data";
  readonly code: number;
}

interface Options {
  /** None for a step: yes. `never`: says nothing more. */
  readonly answer?: Answer | { readonly at: Answer["at"]; readonly code: "never" };
  readonly server?: SMTPServerOptions;
}

/** What servers say of an address in most of their answers. */
const refusal = (code: number) => Object.assign(new Error("<ada@example.com> is not for us"), { responseCode: code });

/** A mail server of this test's, on loopback, that takes all mails, or says at one step what it is told to say. */
export async function startMailServer({ answer, server: options = {} }: Options = {}) {
  const mails: Received[] = [];
  const logins: (string | undefined)[] = [];
  const at = (step: Answer["at"], go: (error?: Error) => void) => {
    if (answer?.at !== step) go();
    else if (answer.code !== "never") go(refusal(answer.code));
  };
  const server = new SMTPServer({
    authOptional: true,
    // By itself it would offer TLS, with a certificate that nobody trusts.
    disabledCommands: options.key ? [] : ["STARTTLS"],
    onConnect: (_session, go) => at("connect", go),
    onAuth: ({ username, password }, _session, go) => {
      logins.push(`${username}:${password}`);
      at("auth", (error) => (error ? go(error) : go(null, { user: username })));
    },
    onMailFrom: (_address, _session, go) => at("from", go),
    onRcptTo: (_address, _session, go) => at("to", go),
    onData: async (stream, { envelope, secure, user }, go) => {
      const [head = "", body = ""] = (await text(stream)).split("\r\n\r\n");
      const lines = head.replaceAll(/\r\n\s+/g, " ").split("\r\n");
      const headers = lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      });
      at("data", (error) => {
        if (!error)
          mails.push({
            from: envelope.mailFrom ? envelope.mailFrom.address : "",
            to: envelope.rcptTo.map(({ address }) => address),
            headers: Object.fromEntries(headers),
            body: body.trim(),
            isTls: secure,
            user,
          });
        go(error);
      });
    },
    ...options,
  });
  // A client that goes away: each test says itself what it wants to see.
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, logins, connections: server.connections };
}
