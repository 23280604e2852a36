import { lookup } from "node:dns/promises";
import { ConfigError } from "../core/host/config-error.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a kernel says that has no IPv6. */
const NO_IPV6 = ["EAFNOSUPPORT", "EADDRNOTAVAIL"];
const OF_THE_PORT = ["EADDRINUSE", "EACCES"];

/**
 * Listens by `listen`. `::` is every address of IPv6 and IPv4, and of IPv4 alone where the kernel has no IPv6.
 *
 * in      the variable that the port is from
 * throws  ConfigError that names the variable at fault
 */
export async function listenOn<Listening>(
  { host, port, variable }: Address & { readonly variable: string },
  listen: (address: Address) => Promise<Listening>,
): Promise<Listening> {
  try {
    return await listen({ host: host === "localhost" ? await addressOfLocalhost() : host, port });
  } catch (error) {
    const { syscall, code = "", message } = error as NodeJS.ErrnoException;
    if (host === "::" && NO_IPV6.includes(code)) return listenOn({ host: "0.0.0.0", port, variable }, listen);
    if (syscall !== "listen" && syscall !== "getaddrinfo") throw error;
    throw new ConfigError(`${OF_THE_PORT.includes(code) ? variable : "APP_HOST"}: ${message}`);
  }
}

/** Fastify makes a server of its own for each address of that name, and only the first one has what we set on a server. */
const addressOfLocalhost = async (): Promise<string> => (await lookup("localhost", { order: "ipv4first" })).address;
