import type { Entries, Group, Rows, Setting, Written } from "./table.ts";

/** A table of the settings file with its own keys, as the documentation shows it. */
interface Section {
  /** As in `[smtp]` or `[[smtp.listen]]`; empty for the keys before the first header. */
  readonly header: string;
  readonly doc: string;
  readonly settings: readonly (readonly [key: string, setting: Setting<unknown, string>])[];
}

const INTRODUCTION = `# Settings

<!-- Made by "waypost docs" from src/settings.ts; "waypost docs --check" tells whether it is up to date. -->

Waypost reads \`data/waypost.toml\`, or the file that \`--config FILE\` names. The file and every key in it are optional,
except those whose default is "required". \`waypost check\` prints everything that is wrong with it, line by line.
[waypost.example.toml](waypost.example.toml) is a whole file to begin with.

- **size**: \`"50MB"\`, \`"16 MiB"\`, \`"512B"\`. 1 KB is 1,000 octets, 1 KiB is 1,024.
- **duration**: \`"500ms"\`, \`"30s"\`, \`"5m"\`, \`"1.5h"\`, \`"14d"\`.
- **network**: \`"192.168.1.0/24"\`, \`"fd00::/8"\`, or one address.
- **address and port**: \`"127.0.0.1:2525"\`, \`"[::1]:2525"\`, \`"0.0.0.0:25"\` for every IPv4 address of the machine.
- **address pattern**: a mail address in which \`*\` stands for anything: \`"*@example.net"\`; \`"*"\` is every address.
- **path**: absolute, or from the folder of the settings file.
- **secret**: write \`password = "…"\`, or \`password_file = "PATH"\` for a file that holds nothing else, or
  \`password_env = "NAME"\` for an environment variable. Waypost never shows or logs it.
- **PEM file**: its content is read with the settings; reload them when it was renewed.
`;

/** The whole documentation of a table of settings, in Markdown. */
export function documentSettings(root: Group<Rows>): string {
  const sections = listSections(root).map((section) => {
    const title = section.header === "" ? "Before the first table" : `\`${section.header}\``;
    const rows = section.settings.map(([key, setting]) => documentRow(key, setting));
    const table = ["| Key | Type | Default | Range | Meaning |", "|---|---|---|---|---|", ...rows].join("\n");
    const example = ["```toml", exampleOfSection(section), "```"].join("\n");
    return section.settings.length === 0
      ? `## ${title}\n\n${section.doc}\n`
      : `## ${title}\n\n${section.doc}\n\n${table}\n\n${example}\n`;
  });
  return [INTRODUCTION, ...sections].join("\n");
}

/** A settings file in which every key has its example: valid, if the files that it names can be read. */
export function exampleOfSettings(root: Group<Rows>): string {
  return listSections(root).map(exampleOfSection).join("\n\n") + "\n";
}

function documentRow(key: string, setting: Setting<unknown, string>): string {
  const { kind, need } = setting;
  const keys = kind.secret === "indirect" ? [key, `${key}_file`, `${key}_env`] : [key];
  const type = kind.unit && !UNIT_IN_TYPE.includes(kind.name) ? `${kind.name} of ${kind.unit}` : kind.name;
  const preset = {
    required: "required",
    optional: "none",
    derived: setting.derived?.text ?? "",
    default: setting.default === undefined ? "" : `\`${writeValue(setting.default)}\``,
  };
  const name = keys.map((one) => `\`${one}\``).join(", ");
  return `| ${[name, type, preset[need], kind.range ?? "", setting.doc].map(escapeCell).join(" | ")} |`;
}

/** Kinds whose values are written with their unit. */
const UNIT_IN_TYPE = ["size", "duration"];

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function exampleOfSection({ header, settings }: Section): string {
  const lines = settings.map(([key, setting]) => {
    const line = `${key} = ${writeValue(setting.example)}`;
    // A hash stands instead of the password above it.
    return setting.kind.secret === "direct" ? `# ${line}` : line;
  });
  return [...header === "" ? [] : [header], ...lines].join("\n");
}

/** A value as TOML; JSON's strings, numbers and lists are written alike. */
function writeValue(value: Written): string {
  return Array.isArray(value) ? `[${value.map(writeValue).join(", ")}]` : JSON.stringify(value);
}

function listSections(root: Group<Rows>): Section[] {
  return sectionsOf(root, "", (name) => name);
}

function sectionsOf(
  table: Pick<Group<Rows> | Entries<Rows, string>, "rows" | "doc">,
  name: string,
  bracket: (name: string) => string,
): Section[] {
  const settings: [string, Setting<unknown, string>][] = [];
  const inner: Section[] = [];
  for (const [key, row] of Object.entries(table.rows)) {
    const full = name === "" ? key : `${name}.${key}`;
    if (row.shape === "setting") settings.push([key, row]);
    else if (row.shape === "group") inner.push(...sectionsOf(row, full, (one) => `[${one}]`));
    else inner.push(...sectionsOf(row, full, (one) => `[[${one}]]`));
  }
  return [{ header: bracket(name), doc: table.doc, settings }, ...inner];
}
