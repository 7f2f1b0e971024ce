import { expect, test } from "vitest";
import { runColour } from "./runColours.ts";

test("a run's colour never changes", () => {
  // Written down once: another value here means that every run of every user changes colour.
  expect(runColour("9f2c7d8b9ea7483d80bac3acb3cdd593")).toEqual({ hue: 276, strength: 1 });
});

test("ids that differ little spread over the colours", () => {
  const ids = Array.from({ length: 600 }, (_, i) => i.toString(16).padStart(32, "0"));
  const colours = new Set(ids.map((id) => JSON.stringify(runColour(id))));
  expect(colours.size).toBe(60);
});
