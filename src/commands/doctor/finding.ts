/** What a test found. */
export interface Finding {
  readonly level: "ok" | "warning" | "problem";
  /** What was tested, in a word or two: "disk", "upstream provider". */
  readonly about: string;
  readonly text: string;
  /** What to do; null when all is well. */
  readonly advice: string | null;
}

/** All is well. */
export function ok(about: string, text: string): Finding {
  return { level: "ok", about, text, advice: null };
}

/** It works, and will not for ever or not for everybody. */
export function warning(about: string, text: string, advice: string): Finding {
  return { level: "warning", about, text, advice };
}

/** It does not work. */
export function problem(about: string, text: string, advice: string): Finding {
  return { level: "problem", about, text, advice };
}
