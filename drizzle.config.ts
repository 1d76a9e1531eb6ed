import { defineConfig } from "drizzle-kit";

/** Writes the SQL of a schema change: `npx drizzle-kit generate --name what_it_does`. */
export default defineConfig({
  dialect: "sqlite",
  schema: "./src/store/schema.ts",
  out: "./migrations",
  casing: "snake_case",
});
