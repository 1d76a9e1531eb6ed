/** The text format of Prometheus, version 0.0.4. */

/** Labels of a sample. */
export type Labels = Readonly<Record<string, string>>;

/** A metric with all its samples. */
export type Family =
  | {
    readonly name: string;
    readonly type: "counter" | "gauge";
    readonly help: string;
    readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
  }
  | {
    readonly name: string;
    readonly type: "histogram";
    readonly help: string;
    /** Upper bounds of the buckets, in the unit of the metric; each series has one bucket more. */
    readonly bounds: readonly number[];
    /** Each bucket holds what is in it alone, not what is below. */
    readonly series: readonly { readonly labels: Labels; readonly buckets: readonly number[]; readonly sum: number }[];
  };

/** Writes metrics. Pure. */
export function writeFamilies(families: readonly Family[]): string {
  return families.map((family) => {
    const head = `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
    const lines = family.type === "histogram"
      ? histogramLines(family)
      : family.samples.map(({ labels, value }) => line(family.name, labels, value));
    return head + lines.join("");
  }).join("");
}

function histogramLines({ name, bounds, series }: Extract<Family, { type: "histogram" }>): string[] {
  return series.flatMap(({ labels, buckets, sum }) => {
    let below = 0;
    const lines = [...bounds.map(String), "+Inf"].map((le, index) => {
      below += buckets[index] ?? 0;
      return line(`${name}_bucket`, { ...labels, le }, below);
    });
    return [...lines, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)];
  });
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}\n`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
