import { existsSync } from "node:fs";
import type { DatabaseLocation } from "./database.ts";
import { StoreError } from "./errors.ts";
import { Reader } from "./reader.ts";
import type { QueryArgs, QueryName, QueryResult } from "./queries.ts";
import { databaseFile, octetsOf, type Store } from "./store.ts";

/**
 * Opens the store for reading alone, beside a server that runs or not: nothing is made or migrated, every write is
 * refused.
 * @throws StoreError "STORE_MISSING" when there is no database, "STORE_OLDER" or "STORE_NEWER" when its schema is not
 * this version's
 */
export async function openStoreForReading(location: DatabaseLocation): Promise<Store> {
  const file = databaseFile(location.url);
  if (file !== null && !existsSync(file)) {
    throw new StoreError(
      "STORE_MISSING",
      `there is no database at ${file}: "waypost serve" makes it at its first start`,
    );
  }
  const reader = await Reader.start(location);
  try {
    const { schema } = await reader.query("databaseState", null) as QueryResult<"databaseState">;
    if (schema !== "current") throw wrongSchema(schema);
  } catch (error) {
    await reader.close();
    throw error;
  }
  return {
    write: (name) =>
      Promise.reject(new StoreError("STORE_READ_ONLY", `the store is open for reading, not for ${name}`)),
    read: <Name extends QueryName>(name: Name, args: QueryArgs<Name>) =>
      reader.query(name, args) as Promise<QueryResult<Name>>,
    octets: (spoolId) => octetsOf(reader, spoolId),
    smallMessages: (spoolIds) => reader.small(spoolIds),
    waitingWrites: 0,
    close: async () => void await reader.close(),
  };
}

function wrongSchema(schema: "empty" | "older" | "newer"): StoreError {
  if (schema === "newer") {
    return new StoreError("STORE_NEWER", "the database was written by a newer version of Waypost: use its commands");
  }
  return new StoreError(
    "STORE_OLDER",
    `the database ${
      schema === "empty" ? "is empty" : "is of an older version"
    }: start "waypost serve", it brings it up to date`,
  );
}
