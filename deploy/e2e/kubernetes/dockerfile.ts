/** What a Dockerfile of one final stage says, as far as ours go. */
export interface Dockerfile {
  readonly base: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly copies: readonly { readonly from: string; readonly to: string }[];
}

/**
 * Reads a Dockerfile.
 *
 * throws  TypeError for an instruction that it does not know: what is not understood must not be left out of an image
 */
export function parseDockerfile(text: string): Dockerfile {
  const args: Record<string, string> = {};
  const env: Record<string, string> = {};
  const copies: { from: string; to: string }[] = [];
  let [base, user, workdir] = ["", "", "/"];
  let entrypoint: readonly string[] = [];
  const fill = (value: string) =>
    value.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => args[name] ?? env[name] ?? "");
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    const [, instruction = "", rest = ""] = /^\s*([A-Z]+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (instruction === "") continue;
    const said = fill(rest);
    if (instruction === "ARG") args[said.split("=")[0] ?? ""] = said.split("=").slice(1).join("=");
    else if (instruction === "ENV") Object.assign(env, Object.fromEntries(said.split(/\s+/).map(toPair)));
    else if (instruction === "FROM") base = said.split(" ")[0] ?? "";
    else if (instruction === "USER") user = said;
    else if (instruction === "WORKDIR") workdir = said;
    else if (instruction === "ENTRYPOINT") entrypoint = JSON.parse(rest);
    else if (instruction === "COPY") {
      const words = said.split(/\s+/).filter((word) => !word.startsWith("--"));
      const to = words.at(-1) ?? "";
      for (const from of words.slice(0, -1)) copies.push({ from, to: join(workdir, to) });
    } else if (!["LABEL", "EXPOSE", "CMD", "STOPSIGNAL"].includes(instruction))
      throw new TypeError(`Dockerfile: must have no instruction ${instruction}, which images for tests do not know`);
  }
  return { base, user, entrypoint, env, copies };
}

function toPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** As COPY reads its target: in the working directory, unless it begins with a slash. */
const join = (workdir: string, to: string): string => (to.startsWith("/") ? to : `${workdir}/${to}`);
