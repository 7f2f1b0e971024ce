import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { searchExperiments } from "../../api/experiments.ts";
import { searchRuns } from "../../api/runs.ts";
import type { Experiment } from "../../api/types.ts";
import { Colophon } from "../../components/Colophon.tsx";
import { FilterBox } from "../../components/FilterBox.tsx";
import { FirstSteps } from "../../components/FirstSteps.tsx";
import { Notice } from "../../components/Notice.tsx";
import { TopBar } from "../../components/TopBar.tsx";
import { useWhileVisible } from "../../lib/clock.ts";
import { quoted } from "../../lib/filters.ts";
import { useHotkeys } from "../../lib/hotkeys.ts";
import { type FetchPage, usePages } from "../../lib/pages.ts";
import { type ExperimentsPlace, goTo } from "../../lib/places.ts";
import { type RunRow, runRow } from "../runs/runRow.ts";
import { ExperimentsTable } from "./ExperimentsTable.tsx";
import { LatestRuns } from "./LatestRuns.tsx";

const PAGE_EXPERIMENTS = 200;
const LATEST_RUNS = 8;
const LOOK_AGAIN_MS = 10_000;

/** A search over more experiments than this is left out: the list below answers faster. */
const MOST_EXPERIMENTS_SEARCHED = 500;

const idOf = (experiment: Experiment) => experiment.experiment_id;

/** All experiments, and what ran last in any of them. */
export function ExperimentsPage({ place }: { place: ExperimentsPlace }) {
  const { name } = place;
  const fetchExperiments = useCallback<FetchPage<Experiment>>(
    (token, signal) => fetchExperimentsPage(name, token, signal),
    [name],
  );
  const {
    items: experiments,
    isComplete,
    isStale,
    error,
    readMore,
    reload,
  } = usePages(fetchExperiments, idOf);
  const latest = useLatestRuns(experiments, name === "" && !isStale);
  const input = useRef<HTMLInputElement>(null);
  // A first run must appear by itself. Further pages are left in peace: reading anew would take them away.
  const lookAgain = useCallback(() => {
    if (experiments.length <= PAGE_EXPERIMENTS) reload();
  }, [experiments.length, reload]);
  useWhileVisible(lookAgain, LOOK_AGAIN_MS);

  const hotkeys = useMemo(
    () => ({
      "/": (event: KeyboardEvent) => {
        event.preventDefault();
        input.current?.select();
      },
      r: reload,
    }),
    [reload],
  );
  useHotkeys(hotkeys);
  useEffect(() => {
    document.title = "Experiments · kirok";
  }, []);

  const isUnused = name === "" && isComplete === true && latest?.length === 0;
  return (
    <>
      <TopBar />
      <main id="main" className="page" tabIndex={-1} aria-busy={isStale}>
        {isUnused && <FirstSteps />}
        {latest !== undefined && latest.length > 0 && <LatestRuns runs={latest} experiments={experiments} />}
        <section>
          <div className="section-head">
            <h1>Experiments</h1>
            <output className="count" data-testid="count">
              {isComplete === undefined
                ? ""
                : isComplete
                  ? experiments.length
                  : `first ${experiments.length} loaded`}
            </output>
            <FilterBox
              label="Find an experiment by name"
              placeholder="Find by name"
              value={name}
              onChange={(text) => goTo({ page: "experiments", name: text }, { replace: true })}
              inputRef={input}
            />
          </div>
          {error && <Notice error={error} onRetry={reload} />}
          {isComplete !== undefined && <ExperimentsTable experiments={experiments} isStale={isStale} />}
          {isComplete === true && experiments.length === 0 && (
            <p className="empty">No experiment has “{name}” in its name.</p>
          )}
          {isComplete === false && (
            <button type="button" className="button" onClick={readMore}>
              Load the next {PAGE_EXPERIMENTS}
            </button>
          )}
        </section>
        <Colophon />
      </main>
    </>
  );
}

async function fetchExperimentsPage(name: string, token: string | undefined, signal: AbortSignal) {
  const part = name.trim();
  const reply = await searchExperiments(
    {
      max_results: PAGE_EXPERIMENTS,
      order_by: ["last_update_time DESC"],
      ...(part && { filter: `name ILIKE ${quoted(`%${part}%`)}` }),
      ...(token && { page_token: token }),
    },
    signal,
  );
  return { items: reply.experiments ?? [], nextToken: reply.next_page_token || undefined };
}

/** The newest runs of all `experiments`; undefined until known. A failure leaves the list out: the page has its own. */
function useLatestRuns(experiments: readonly Experiment[], isWanted: boolean): RunRow[] | undefined {
  const [runs, setRuns] = useState<RunRow[]>();
  useEffect(() => {
    if (!isWanted || experiments.length === 0 || experiments.length > MOST_EXPERIMENTS_SEARCHED) {
      setRuns(undefined);
      return;
    }
    const request = new AbortController();
    const question = { experiment_ids: experiments.map(idOf), max_results: LATEST_RUNS };
    searchRuns(question, request.signal).then(
      (reply) => setRuns((reply.runs ?? []).map(runRow)),
      () => undefined,
    );
    return () => request.abort();
  }, [experiments, isWanted]);
  return runs;
}
