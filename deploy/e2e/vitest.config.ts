import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "e2e",
    include: ["**/*.e2e.ts"],
    fileParallelism: false,
    // What is printed is compared: CI has colours where a terminal is none.
    env: { NO_COLOR: "1" },
    testTimeout: 400_000,
    hookTimeout: 300_000,
  },
});
