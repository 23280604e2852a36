/** What the server answered instead, in its words where it had some. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** path: below the page's own address, whose path holds the token */
export const get = <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
  ask(path, signal ? { signal } : undefined);

/** path: as of `get`. throws: ApiError with what the answer says is wrong */
export const post = <Answer>(path: string, body: unknown): Promise<Answer> =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

async function ask<Answer>(path: string, options?: RequestInit): Promise<Answer> {
  const response = await fetch(path, options).catch((error: Error) => {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The console does not answer: has npm start ended?");
  });
  if (response.ok) return response.json();
  const answer = await response.json().catch(() => undefined);
  throw new ApiError(response.status, answer?.error ?? `${path}: answered ${response.status}`);
}
