/** Where this process looks for free ports: apart from other test runs, and below those that the system gives to clients. */
export const FIRST_PORT = 20_000 + (process.pid % 120) * 100;
