import { defineConfig } from "vitest/config";

/** What is printed is compared: CI has colours where a terminal is none. */
const env = { NO_COLOR: "1" };
const patient = { env, testTimeout: 30_000, hookTimeout: 30_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "functions", env, include: ["functions/**/*.test.ts"] } },
      { test: { name: "deploy", ...patient, include: ["deploy/**/*.test.ts"] } },
      {
        test: {
          name: "adapters",
          ...patient,
          include: ["adapters/**/*.test.ts"],
          exclude: ["adapters/local/template/**"],
        },
      },
    ],
  },
});
