/**
 * What to say about a key that nothing is known of: the key that was meant, as far as it can be guessed.
 * @param known the keys of the table in which it stands
 * @param elsewhere full keys of the settings that stand in other tables
 */
export function suggestKey(key: string, known: readonly string[], elsewhere: readonly string[]): string {
  const near = closestTo(key, known);
  if (near !== undefined) return `a known key; did you mean "${near}"?`;
  const moved = elsewhere.filter((full) => full.split(/[.[\]]+/).at(-1) === key);
  if (moved.length === 1) return `a known key; ${key} belongs where ${moved[0]} is`;
  return `one of ${known.join(", ")}`;
}

/** The word that is at most a third of its length away, if there is one. */
function closestTo(key: string, known: readonly string[]): string | undefined {
  const plain = key.toLowerCase().replaceAll("-", "_");
  const ranked = known
    .map((word) => ({ word, distance: word === plain ? 0 : distanceBetween(plain, word) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.word;
}

/** How many letters must be put in, left out, changed or swapped to make one word the other. */
function distanceBetween(one: string, other: string): number {
  let above: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const change = (row[j - 1] ?? 0) + (isSame ? 0 : 1);
      let least = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwapped) least = Math.min(least, (above[j - 2] ?? 0) + 1);
      next.push(least);
    }
    above = row;
    row = next;
  }
  return row[other.length] ?? 0;
}
