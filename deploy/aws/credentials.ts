import { printed } from "../programs.ts";

/** As the AWS CLI exports them. */
export interface Credentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken?: string;
  /** RFC 3339. */
  readonly Expiration?: string;
}

const EXPORT = ["configure", "export-credentials", "--format", "process"];

/**
 * Those that the environment says, otherwise those that the AWS CLI has: profiles, SSO, roles.
 *
 * in      profile: for the AWS CLI, which then is asked whatever the environment says
 * throws  Error with what the AWS CLI said last
 * source  AWS CLI, "configure export-credentials"
 */
export async function readCredentials(
  { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: Readonly<Record<string, string | undefined>>,
  profile?: string,
): Promise<Credentials> {
  if (profile === undefined && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY)
    return {
      ...{ AccessKeyId: AWS_ACCESS_KEY_ID, SecretAccessKey: AWS_SECRET_ACCESS_KEY },
      ...(AWS_SESSION_TOKEN ? { SessionToken: AWS_SESSION_TOKEN } : {}),
    };
  try {
    return JSON.parse(await printed("aws", [...EXPORT, ...(profile === undefined ? [] : ["--profile", profile])]));
  } catch (error) {
    const { stderr = "" } = (error as Error).cause as { readonly stderr?: string };
    if (!/invalid choice/i.test(stderr)) throw error;
    const said =
      "is unknown to it: version 2 of the AWS CLI knows it; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY do without";
    throw new Error(`aws ${EXPORT.slice(0, 2).join(" ")}: ${said}`, { cause: error });
  }
}
