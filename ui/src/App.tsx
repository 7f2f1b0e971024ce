import { useMemo } from "react";
import { parsePlace, useHash } from "./lib/places.ts";
import { ExperimentsPage } from "./pages/experiments/ExperimentsPage.tsx";
import { RunPage } from "./pages/runs/RunPage.tsx";
import { RunsPage } from "./pages/runs/RunsPage.tsx";

/** The page that the address asks for. A key per record: nothing of one experiment shows under the name of another. */
export function App() {
  const hash = useHash();
  const place = useMemo(() => parsePlace(hash), [hash]);
  switch (place.page) {
    case "experiments":
      return <ExperimentsPage place={place} />;
    case "runs":
      return <RunsPage key={place.experimentId} place={place} />;
    case "run":
      return <RunPage key={place.runId} place={place} />;
  }
}
