import ts from "typescript";
import { isTest, lineOf, type Source, walk } from "./sources.ts";

/** Attributes whose values people read or hear. */
const SPOKEN = /\s(title|aria-label|placeholder|alt|label)="([^"]*)"/g;
const HOLE = "\uFFFC";

/** Words that stand in a view instead of the catalogue (web/texts): another language could not replace them. */
export function wordsInViews(sources: readonly Source[]): string[] {
  return sources.filter((source) => /^(web|src\/dashboard)\//.test(source.path) && !isTest(source)).flatMap(
    (source) => {
      const found: string[] = [];
      walk(source.tree, (node) => {
        if (!ts.isTaggedTemplateExpression(node) || node.tag.getText() !== "html") return;
        const words = wordsOf(textOf(node.template));
        if (words !== null) {
          found.push(
            `${source.path}:${lineOf(source, node)} says “${words}”: texts stand in web/texts, for other languages.`,
          );
        }
      });
      return found;
    },
  );
}

function textOf(template: ts.TemplateLiteral): string {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return [template.head.text, ...template.templateSpans.map((span) => span.literal.text)].join(HOLE);
}

/** The first words that people would read, or null. */
function wordsOf(html: string): string | null {
  const spoken = [...html.matchAll(SPOKEN)].map((match) => match[2]!);
  // A template may begin or end within a tag.
  const text = html.replace(/^[^<]*=[^<]*>/, "").replaceAll(/<[^>]*(>|$)/g, HOLE);
  // So may it be attributes alone, which another template puts into a tag.
  const isAttributes = !/[<>]/.test(html) && /^(\s*[a-z-]+(="[^"]*("|$))?)+\s*$/.test(html.replaceAll(HOLE, ""));
  const pieces = isAttributes ? spoken : [...spoken, ...text.split(HOLE)];
  return pieces.map((piece) => piece.trim()).find((piece) => /[A-Za-z]{2,}/.test(piece)) ?? null;
}
