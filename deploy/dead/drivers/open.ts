import type { Asked } from "../asked.ts";
import type { Driver } from "../letter.ts";
import type { DriverOptions } from "./options.ts";

/** Opens the place where a host keeps its letters. throws: UsageError; Error for one that cannot be reached */
export async function openDriver(
  { host, ...asked }: Asked,
  context: Pick<DriverOptions, "system" | "env">,
): Promise<Driver> {
  const options = { ...asked, ...context };
  if (host === "local") return (await import("./local.ts")).openLocal(options);
  if (host === "dapr") return (await import("./dapr.ts")).openDapr(options);
  if (host === "aws") return (await import("./aws.ts")).openAws(options);
  return (await import("./gcloud.ts")).openGcloud(options);
}
