/** Makes an error that needs no stack: it is for whoever typed the command. */
export class StartError extends Error {
  override readonly name = "StartError";
}
