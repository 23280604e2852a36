interface Greeting {
  /** Whoever is asked twice under one key does it once: here, a log may say it twice. */
  readonly key: string;
  readonly name: string;
}

/** Says hello in the log, in GREETING's words. Put a mail, a call or a booking here. */
export const createGreet =
  ({ GREETING = "Hello" }: Readonly<Record<string, string | undefined>>) =>
  async ({ key, name }: Greeting): Promise<void> => {
    process.stderr.write(`${GREETING}, ${name}! (${key})\n`);
  };
