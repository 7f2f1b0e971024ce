import { expect, test } from "vitest";
import { formatPlace, HOME, type Place, parsePlace, runsPlace } from "./places.ts";

test.each<Place>([
  HOME,
  { page: "experiments", name: "a b&c=ü" },
  runsPlace("1"),
  runsPlace("1", {
    filter: "metrics.`a b` > 0.9 and tags.x = '50%&#'",
    order: "metrics.`val/loss` DESC",
    show: ["tags.a,b", "params.c"],
    hide: ["metrics.d"],
  }),
  { page: "run", experimentId: "1", runId: "0123456789abcdef0123456789abcdef" },
])("place %# survives its address", (place) => {
  expect(parsePlace(formatPlace(place))).toEqual(place);
});

test("the links that MLflow's clients print open the same pages", () => {
  expect(parsePlace("#/experiments/7")).toEqual(runsPlace("7"));
  expect(parsePlace("#/experiments/7/runs/abc")).toEqual({ page: "run", experimentId: "7", runId: "abc" });
  expect(parsePlace("#/experiments/7/runs/abc/artifacts")).toMatchObject({ page: "run", runId: "abc" });
});

test("an address that means nothing opens the first page", () => {
  for (const hash of ["", "#", "#/", "#/nowhere/%E0%A4%A"]) expect(parsePlace(hash)).toEqual(HOME);
});
