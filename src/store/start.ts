/**
 * Where the store's threads start: makes loading cheap, then loads the thread itself.
 *
 * To know how a file is to be read, Node takes the package.json of its package apart, anew for each import of each file.
 * Drizzle has a hundred files and a package.json of 180 KB: loading it leaves 80 MB of garbage in each thread and takes
 * four times as long as need be. All of Drizzle's files are ES modules, so what one of them imports from another needs no
 * such look, and what is imported by the package's name needs one look for all.
 */
import * as nodeModule from "node:module";

const DRIZZLE = /\/node_modules\/drizzle-orm\/.+\.js$/;

// Deno reads packages in its own way and has no such hook; nor has Node before 22.15.
if ("registerHooks" in nodeModule) {
  const known = new Map<string, string>();
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const within = specifier.startsWith(".") && DRIZZLE.test(context.parentURL ?? "");
      const url = within ? new URL(specifier, context.parentURL).href : known.get(specifier);
      if (url) return { url, format: "module", shortCircuit: true };
      const resolved = next(specifier, context);
      if (specifier.startsWith("drizzle-orm")) known.set(specifier, resolved.url);
      return resolved;
    },
  });
}

await import("./worker.ts");
