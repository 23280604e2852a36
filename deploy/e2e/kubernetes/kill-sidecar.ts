import type { Customer } from "./customer.ts";
import type { PodObject } from "./kubectl.ts";

/** SIGKILL to the sidecar of a pod, from its node. throws: where there is not exactly one */
export async function killSidecar(customer: Customer, { metadata }: PodObject): Promise<void> {
  // The kubelet names a pod's control group by the pod's uid, with dashes or underscores.
  const printed = await customer.evaluate(`
    import { readdirSync, readFileSync } from "node:fs";
    const read = (pid, file) => { try { return readFileSync("/proc/" + pid + "/" + file, "utf8"); } catch { return ""; } };
    const pids = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
    const ours = pids.filter((pid) =>
      read(pid, "cgroup").replaceAll("_", "-").includes("pod${metadata.uid}") && read(pid, "cmdline").includes("daprd"));
    if (ours.length === 1) process.kill(Number(ours[0]), "SIGKILL");
    process.stdout.write(String(ours.length));
  `);
  if (printed !== "1") throw new Error(`${metadata.name}: must have one sidecar, has ${printed} processes`);
}
