interface Request {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

const TIMEOUT_MS = 30_000;

/** throws: Error that names the address, when there is no answer in time */
export async function ask(
  url: string,
  { method, headers = {}, body }: Request,
): Promise<{ status: number; text: string }> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, {
      method,
      headers,
      signal,
      // A token is for whom it was meant.
      redirect: "manual",
      ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error && cause.message ? cause.message : message;
    throw new Error(`${new URL(url).origin}: no answer: ${why}`, { cause: error });
  }
}
