import { expect, test } from "vitest";
import { settingsTable } from "../settings.ts";
import { documentSettings } from "./document.ts";
import { choice, indirectSecret, size, whole } from "./kinds.ts";
import { entries, group, optional, required, setting } from "./table.ts";

test("each setting is a row with its type, default, range and meaning, under the header of its table", () => {
  const table = group("All.", {
    limits: group("Limits.", {
      memory: setting(size("1KB", "1GB"), "5MB", "How much."),
      tries: setting(whole(1, 5, "tries"), 2, "How often | how."),
    }),
    peer: entries("peers", "Peers.", {
      kind: required(choice("a", "b"), "a", "Which."),
      key: optional(indirectSecret, "k", "The key."),
    }),
  });
  const text = documentSettings(table);
  expect(text).toContain("## `[limits]`\n\nLimits.\n");
  expect(text).toContain('| `memory` | size | `"5MB"` | 1KB to 1GB | How much. |');
  expect(text).toContain("| `tries` | whole number of tries | `2` | 1 to 5 | How often \\| how. |");
  expect(text).toContain("## `[[peer]]`");
  expect(text).toContain('| `kind` | word | required | "a", "b" | Which. |');
  expect(text).toContain("| `key`, `key_file`, `key_env` | secret | none |  | The key. |");
  expect(text).toContain('```toml\n[[peer]]\nkind = "a"\nkey = "k"\n```');
});

test("every setting says what it is for in a sentence", () => {
  const rows = documentSettings(settingsTable).split("\n").filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(80);
  for (const row of rows) expect(row).toMatch(/[.!] \|$|in the clear\. \|$/);
});
