/** Where this process looks for free ports: apart from other test runs, and below those that the system gives to clients. */
export const FIRST_PORT = 20_000 + (process.pid % 120) * 100;

/**
 * An address of this machine that only this process uses: while a service is down, nobody else can answer in its place. The
 * whole of 127.0.0.0/8 is loopback.
 */
export const OWN_ADDRESS = `127.${100 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${(process.pid & 127) + 1}`;
