import type { CSSProperties } from "react";

/** Thirty hues, 12° apart, in two strengths: as many as the eye still tells from another. */
const HUES = 30;
const STRENGTHS = 2;

/** The place of a run's colour, from its id alone, so that it is the same for ever and in every list. */
export function runColour(runId: string): { hue: number; strength: number } {
  // FNV-1a: ids need not be hexadecimal (another client may choose them), and neighbours must not look alike.
  let hash = 0x811c9dc5;
  for (let i = 0; i < runId.length; i++) hash = Math.imul(hash ^ runId.charCodeAt(i), 0x01000193);
  const place = (hash >>> 0) % (HUES * STRENGTHS);
  return { hue: (place % HUES) * (360 / HUES), strength: Math.floor(place / HUES) };
}

/** The colour as custom properties; the style sheet turns them into a tone that stands out in light and in dark. */
export function runColourStyle(runId: string): CSSProperties {
  const { hue, strength } = runColour(runId);
  return { "--run-hue": hue, "--run-strength": strength } as CSSProperties;
}
