/** Faults of the environment, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
