import {
  anything,
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  integer,
  letrec,
  property,
  string,
} from "fast-check";
import { stringify } from "smol-toml";
import { expect, test } from "vitest";
import { findLines, formatPath, type Path } from "./lines.ts";

const DOCUMENT = `# a comment with [brackets] = "and quotes
hostname = "waypost.lan" # name = 1
"quoted \\u0041".'b.c' = 1
text = """
[[not.a.table]]
x = 1 \\""" "quote""""
literal = '''
port = 2'''

[smtp]
networks = [ "a", # ]
  "b]", [ 1,
  2 ],
]
[[smtp.listen]]
address = "one"
[[smtp.listen]]

address = "two"
[[upstream]]
name = "a"
[[upstream]]
inline = { host = "x", deep = { port = 5 }, list = [{ a = 1 }, { a = 2 }] }
when = 1979-05-27 07:32:00Z
[[account]]
[[account.source]]
host = "h0"
[[account.source]]
host = "h1"
[[account]]
[account.source]
host = "h2"
retry.first = 1
retry.factor = 2
`;

function lineIn(document: string, ...path: Path): number | undefined {
  return findLines(document)(path);
}

test("the line of a key is found in tables, arrays of tables, arrays and inline tables", () => {
  const found = (...path: Path) => lineIn(DOCUMENT, ...path);
  expect(found("hostname")).toBe(2);
  expect(found("quoted A", "b.c")).toBe(3);
  expect(found("text")).toBe(4);
  expect(found("literal")).toBe(7);
  expect(found("smtp")).toBe(10);
  expect(found("smtp", "networks", 0)).toBe(11);
  expect(found("smtp", "networks", 1)).toBe(12);
  expect(found("smtp", "networks", 2, 1)).toBe(13);
  expect(found("smtp", "listen", 0, "address")).toBe(16);
  expect(found("smtp", "listen", 1)).toBe(17);
  expect(found("smtp", "listen", 1, "address")).toBe(19);
  expect(found("upstream", 0, "name")).toBe(21);
  expect(found("upstream", 1, "inline", "deep", "port")).toBe(23);
  expect(found("upstream", 1, "inline", "list", 1, "a")).toBe(23);
  expect(found("upstream", 1, "when")).toBe(24);
  expect(found("account", 0, "source", 1, "host")).toBe(29);
  expect(found("account", 1, "source", "host")).toBe(32);
  expect(found("account", 1, "source", "retry", "factor")).toBe(34);
});

test("a key that is missing is on the line of the closest table around it", () => {
  expect(lineIn(DOCUMENT, "upstream", 1, "port")).toBe(22);
  expect(lineIn(DOCUMENT, "account", 1, "source", "username")).toBe(31);
  expect(lineIn(DOCUMENT, "dashboard", "listen")).toBeUndefined();
});

test("a byte order mark and CRLF line ends do not shift lines", () => {
  expect(lineIn("\uFEFFa = 1\r\n[b]\r\nc = '''\r\n'''\r\nd = 4\r\n", "b", "d")).toBe(5);
});

test("every key of a document that the library wrote is found where the key stands", () => {
  const names = constantFrom("a", "b", "host", "x y", 'q"', "é", "[", "=", "#", "'", "\\");
  const texts = constantFrom("", "]", "[[a]]", "a = 1", "\n[b]\nb = 2", '"""', "'''", "#", "\\", "}", ",");
  const { table } = letrec((tie) => ({
    table: dictionary(names, tie("value"), { maxKeys: 4 }),
    value: anything({ maxDepth: 0, values: [texts, string(), integer(), boolean(), tie("list"), tie("table")] }),
    list: array(anything({ maxDepth: 0, values: [texts, tie("table")] }), { maxLength: 3 }),
  }));
  assert(property(table, (value) => {
    const document = stringify(value as Record<string, unknown>);
    const lines = document.split("\n");
    const lineOf = findLines(document);
    for (const [key] of Object.entries(value as object)) {
      const line = lines[(lineOf([key]) ?? 0) - 1];
      expect(line).toContain(JSON.stringify(key).slice(1, -1));
    }
  }));
});

test("a path is shown as people write it", () => {
  expect(formatPath(["upstream", 1, "port"])).toBe("upstream[1].port");
  expect(formatPath(["smtp", "allow_without_auth", 0])).toBe("smtp.allow_without_auth[0]");
});
