/** What was asked for cannot be answered: the message says why, to whoever looks at the page. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: 400 | 404 | 405 | 409 | 413 | 503;
  constructor(status: Refusal["status"], message: string) {
    super(message);
    this.status = status;
  }
}
