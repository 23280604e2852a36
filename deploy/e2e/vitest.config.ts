import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "e2e",
    include: ["**/*.e2e.ts"],
    // Two files at a time: most of what they do is wait. Where there is one cluster, it is one (--no-file-parallelism).
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 300_000,
  },
});
