/** Who we are on Google Cloud. */
export interface Identity {
  /** out: an OAuth access token of the function's service account. */
  token(): Promise<string>;
  /** out: the project's id. */
  project(): Promise<string>;
}

interface IdentityOptions {
  /** Left out: what the metadata server says. */
  readonly project?: string | undefined;
  readonly now?: () => number;
}

/** The server itself hands out a new token 5 minutes before the old one ends. */
const MARGIN_MS = 60_000;
const TIMEOUT_MS = 5_000;

/**
 * Asks the metadata server, and nobody before the first call: its client takes 30 ms to load.
 *
 * source  Compute Engine, "Authenticate applications with access tokens": {access_token, expires_in}
 */
export function createIdentity({ project, now = Date.now }: IdentityOptions = {}): Identity {
  const askToken = async () => {
    const { access_token: token, expires_in: seconds } = await ask("instance", "service-accounts/default/token");
    if (typeof token !== "string") throw new Error("metadata server: must answer with a token, got something else");
    return { value: token, until: now() + Number(seconds) * 1_000 - MARGIN_MS };
  };
  const askProject = async () => ({
    value: project ?? String(await ask("project", "project-id")),
    until: Number.POSITIVE_INFINITY,
  });
  return { token: remember(askToken, now), project: remember(askProject, now) };
}

interface Answer {
  readonly value: string;
  /** ms since the epoch. */
  readonly until: number;
}

/** One question for all who want to know, and none while the answer holds. A failure is not remembered. */
function remember(question: () => Promise<Answer>, now: () => number): () => Promise<string> {
  let answer: Answer | undefined;
  let asked: Promise<Answer> | undefined;
  return async () => {
    if (answer && answer.until > now()) return answer.value;
    asked ??= question().finally(() => {
      asked = undefined;
    });
    answer = await asked;
    return answer.value;
  };
}

async function ask(about: "instance" | "project", property: string) {
  const metadata = await import("gcp-metadata");
  // The client may wait for ever, and everybody waits for it.
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => patience.reject(new Error(`metadata server: no answer within ${TIMEOUT_MS} ms`)),
    TIMEOUT_MS,
  );
  try {
    return await Promise.race([metadata[about](property), patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Emulators believe everybody. */
export const createEmulatorIdentity = (project: string): Identity => ({
  token: async () => "owner",
  project: async () => project,
});
