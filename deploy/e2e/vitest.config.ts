import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "e2e",
    include: ["**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 400_000,
    hookTimeout: 300_000,
  },
});
