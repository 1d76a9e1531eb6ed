import process from "node:process";
import { configDefaults, defineConfig } from "vitest/config";

/** Tests that need other programs on the machine (mail servers, a browser) or minutes of time. */
const heavy = [
  "tests/heavy/**/*.test.ts",
  "tests/peers/**/*.test.ts",
  "tests/browser/**/*.test.ts",
  "**/*.heavy.test.ts",
];

const suite = {
  name: "suite",
  include: ["src/**/*.test.ts", "web/**/*.test.ts", "tests/**/*.test.ts"],
  exclude: [...configDefaults.exclude, ...heavy],
  testTimeout: 20_000,
  hookTimeout: 30_000,
};

export default defineConfig({
  test: {
    projects: [
      { test: suite },
      // WAYPOST_HEAVY=1 adds them; "--project heavy" runs them alone.
      ...(process.env.WAYPOST_HEAVY === "1"
        ? [{
          test: {
            name: "heavy",
            include: heavy,
            exclude: configDefaults.exclude,
            // One file at a time: each starts servers and measures against them.
            fileParallelism: false,
            testTimeout: 120_000,
            hookTimeout: 120_000,
          },
        }]
        : []),
    ],
  },
});
