import { formatId } from "../store/ids.ts";

/**
 * A model as the JSON API writes it. Numbers under `id` or `…Id` become the ids that people see ("1Q4W7Z0K8"), numbers
 * under `…At` become ISO 8601 times in UTC. Durations (`…Ms`) stay milliseconds, sizes and `octets…` stay octets.
 */
export function toApi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toApi);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fieldToApi(key, field)]));
}

function fieldToApi(key: string, value: unknown): unknown {
  if (typeof value !== "number") return toApi(value);
  if (key === "id" || key.endsWith("Id") || key === "before") return formatId(value);
  return key === "at" || key.endsWith("At") ? new Date(value).toISOString() : value;
}
