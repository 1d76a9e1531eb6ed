/**
 * Where the store's threads start: makes loading cheap, then loads the thread itself.
 *
 * To know how a file is to be read, Node takes the package.json of its package apart, anew for each file. Drizzle has a
 * hundred files and a package.json of 180 KB: loading it leaves 80 MB of garbage in each thread and takes four times as
 * long as need be. All of Drizzle's files are ES modules, so what one of them imports from another needs no such look.
 */
import * as nodeModule from "node:module";

const DRIZZLE = /\/node_modules\/drizzle-orm\/.+\.js$/;

// Deno reads packages in its own way and has no such hook; nor has Node before 22.15.
if ("registerHooks" in nodeModule) {
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const within = specifier.startsWith(".") && DRIZZLE.test(context.parentURL ?? "");
      if (!within) return next(specifier, context);
      return { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true };
    },
  });
}

await import("./worker.ts");
