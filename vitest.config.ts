import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "functions", include: ["functions/**/*.test.ts"] } },
      { test: { name: "deploy", include: ["deploy/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 30_000 } },
      { test: { name: "adapters", include: ["adapters/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 30_000 } },
    ],
  },
});
