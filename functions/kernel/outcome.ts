/** Thrown where no retry can ever help. Every other error means: try again. */
export class Dead extends Error {
  override readonly name = "Dead";
  /** Which rule was broken, for machines: `schema`, `attribute`, `too-old` … */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
