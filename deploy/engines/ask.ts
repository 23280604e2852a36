import { connect } from "node:net";

/** A question for `startProcess`: does this address answer with a 2xx status? */
export const createGate = (url: string) => async (): Promise<boolean> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await answer.arrayBuffer();
  return answer.ok;
};

/** A question for `startProcess`: does somebody listen on this port? */
export const createPortGate =
  (port: number, host = "127.0.0.1") =>
  (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ port, host });
      const answer = (yes: boolean) => () => {
        socket.destroy();
        resolve(yes);
      };
      socket.once("connect", answer(true)).once("error", answer(false)).setTimeout(2_000, answer(false));
    });
