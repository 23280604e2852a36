import { existsSync, readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** out: where the Google Cloud SDK is, if anywhere. */
export function findSdk(): string | undefined {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "gcloud"))
    .filter((file) => existsSync(file))
    .map((file) => dirname(dirname(realpathSync(file))));
  const candidates = [...onPath, "/usr/lib/google-cloud-sdk", join(homedir(), "google-cloud-sdk")];
  return candidates.find((root) => existsSync(join(root, "bin/gcloud")));
}

/** out: the first file of a folder of the SDK whose name matches. */
export function findInSdk(folder: string, name: RegExp): string | undefined {
  const path = join(findSdk() ?? "", folder);
  if (!existsSync(path)) return undefined;
  const file = readdirSync(path).find((each) => name.test(each));
  return file === undefined ? undefined : join(path, file);
}

/** The SDK's own installer needs rights that we may not have: whoever has them is told what to do. */
export const howToInstall = (component: string): string =>
  `gcloud components install ${component}, or apt-get install google-cloud-cli-${component}, and Java 17`;
