import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { getExperiment } from "../../api/experiments.ts";
import { ApiError } from "../../api/http.ts";
import { searchRuns } from "../../api/runs.ts";
import type { Experiment } from "../../api/types.ts";
import { FirstSteps } from "../../components/FirstSteps.tsx";
import { Notice } from "../../components/Notice.tsx";
import { Crumb, TopBar } from "../../components/TopBar.tsx";
import { useWhileVisible } from "../../lib/clock.ts";
import { useHotkeys } from "../../lib/hotkeys.ts";
import { type FetchPage, usePages } from "../../lib/pages.ts";
import { goTo, type RunsPlace } from "../../lib/places.ts";
import { ColumnChooser } from "./ColumnChooser.tsx";
import { chooseColumns, sharedColumns } from "./columns.ts";
import { RunFilter } from "./RunFilter.tsx";
import { RunsTable } from "./RunsTable.tsx";
import { type RunRow, runRow } from "./runRow.ts";
import { SharedValues } from "./SharedValues.tsx";
import { useColumns } from "./useColumns.ts";

/** The first page is small so that it is there at once; the following ones are what a fast scroll needs. */
const FIRST_PAGE_RUNS = 100;
const NEXT_PAGE_RUNS = 500;
const LOOK_AGAIN_MS = 10_000;

const idOf = (run: RunRow) => run.id;

/** One experiment: its runs as rows, filtered and sorted by the server. */
export function RunsPage({ place }: { place: RunsPlace }) {
  const { experimentId, filter, order } = place;
  const [experiment, experimentError] = useExperiment(experimentId);
  const [isFilterFinal, setFilterFinal] = useState(true);
  const fetchRuns = useCallback<FetchPage<RunRow>>(
    (token, signal) => fetchRunsPage(experimentId, filter, order, token, signal),
    [experimentId, filter, order],
  );
  const pages = usePages(fetchRuns, idOf);
  const runs = pages.items;
  const table = useRef<HTMLDivElement>(null);
  const filterInput = useRef<HTMLInputElement>(null);

  const columns = useColumns(runs);
  const chosen = useMemo(() => chooseColumns(columns, runs.length, place), [columns, runs.length, place]);
  const shared = useMemo(() => sharedColumns(columns, runs.length), [columns, runs.length]);

  const change = useCallback(
    (part: Partial<RunsPlace>, isFinal = true) => {
      setFilterFinal(isFinal);
      goTo({ ...place, ...part }, { replace: true });
    },
    [place],
  );

  const hasNews = useNews(fetchRuns, runs, pages.isStale, () => {
    if ((table.current?.scrollTop ?? 0) > 0) return false;
    pages.reload();
    return true;
  });

  const hotkeys = useMemo(
    () => ({
      "/": (event: KeyboardEvent) => {
        event.preventDefault();
        filterInput.current?.select();
      },
      r: pages.reload,
    }),
    [pages.reload],
  );
  useHotkeys(hotkeys);

  useEffect(() => {
    document.title = `${experiment?.name ?? "Runs"} · kirok`;
  }, [experiment]);

  const filterError = pages.error?.isRefusal && pages.isStale ? pages.error : undefined;
  const error = experimentError ?? (filterError ? undefined : pages.error);
  const isUnused =
    pages.isComplete === true && runs.length === 0 && !pages.isStale && !filter && experiment !== undefined;

  const bar = (
    <TopBar>
      <Crumb>{experiment?.name ?? experimentId}</Crumb>
      {experiment?.lifecycle_stage === "deleted" && <span className="badge">deleted</span>}
    </TopBar>
  );
  if (isUnused) {
    return (
      <>
        {bar}
        <main id="main" className="page" tabIndex={-1}>
          <FirstSteps experiment={experiment.name} />
        </main>
      </>
    );
  }
  if (experimentError && runs.length === 0) {
    return (
      <>
        {bar}
        <main id="main" className="page" tabIndex={-1}>
          <Notice error={experimentError} />
        </main>
      </>
    );
  }
  return (
    <>
      {bar}
      <div className="tools">
        <RunFilter
          filter={filter}
          onChange={(text, isFinal) => change({ filter: text }, isFinal)}
          inputRef={filterInput}
          error={filterError}
          isFinal={isFilterFinal}
          columns={columns}
        />
        <output className="count" data-testid="count">
          {filterError && runs.length > 0 && "as before: "}
          {countWords(runs.length, pages.isComplete, filter !== "" && !pages.isStale)}
        </output>
        {hasNews && (
          <button type="button" className="button" onClick={pages.reload}>
            Changed since – reload
          </button>
        )}
        <ColumnChooser columns={columns} chosen={chosen} place={place} onChange={change} />
      </div>
      {error && <Notice error={error} onRetry={pages.reload} />}
      <SharedValues columns={shared} runCount={runs.length} isAll={pages.isComplete === true} />
      {filterError && pages.isComplete === undefined ? (
        <main id="main" tabIndex={-1} className="empty">
          <button type="button" className="button" onClick={() => change({ filter: "", order: "" })}>
            Show all runs
          </button>
        </main>
      ) : (
        <RunsTable
          view={table}
          runs={runs}
          columns={chosen}
          order={order}
          isStale={pages.isStale && !pages.error}
          isComplete={pages.isComplete === true}
          generation={pages.generation}
          onOrder={(next) => change({ order: next })}
          onNearEnd={pages.readMore}
        />
      )}
    </>
  );
}

async function fetchRunsPage(
  experimentId: string,
  filter: string,
  order: string,
  token: string | undefined,
  signal: AbortSignal,
) {
  const reply = await searchRuns(
    {
      experiment_ids: [experimentId],
      max_results: token === undefined ? FIRST_PAGE_RUNS : NEXT_PAGE_RUNS,
      ...(filter.trim() && { filter }),
      ...(order && { order_by: [order] }),
      ...(token && { page_token: token }),
    },
    signal,
  );
  return { items: (reply.runs ?? []).map(runRow), nextToken: reply.next_page_token || undefined };
}

function useExperiment(experimentId: string): [Experiment | undefined, ApiError | undefined] {
  const [experiment, setExperiment] = useState<Experiment>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    const request = new AbortController();
    getExperiment(experimentId, request.signal).then(setExperiment, (cause: unknown) => {
      if (!request.signal.aborted && cause instanceof ApiError) setError(cause);
    });
    return () => request.abort();
  }, [experimentId]);
  return [experiment, error];
}

/**
 * Looks at the first page again from time to time. When it has changed, `onNews` may take the change in (and says so
 * by true); otherwise the answer is true until the runs shown are read anew. Rows never move under the reader's eyes.
 */
function useNews(
  fetchRuns: FetchPage<RunRow>,
  runs: readonly RunRow[],
  isStale: boolean,
  onNews: () => boolean,
): boolean {
  const [newsFor, setNewsFor] = useState<readonly RunRow[]>();
  const look = useCallback(async () => {
    if (isStale) return;
    const page = await fetchRuns(undefined, AbortSignal.timeout(LOOK_AGAIN_MS)).catch(() => undefined);
    if (page === undefined || isSame(page.items, runs.slice(0, page.items.length))) return;
    if (!onNews()) setNewsFor(runs);
  }, [fetchRuns, runs, isStale, onNews]);
  useWhileVisible(look, LOOK_AGAIN_MS);
  return newsFor === runs && runs.length > 0;
}

function isSame(left: readonly RunRow[], right: readonly RunRow[]): boolean {
  const spell = (_key: string, value: unknown) => (value instanceof Map ? [...value] : value);
  return JSON.stringify(left, spell) === JSON.stringify(right, spell);
}

/** How many runs there are: a total only where the server has said that no more follow. */
function countWords(count: number, isComplete: boolean | undefined, isFiltered: boolean): string {
  if (isComplete === undefined) return "";
  const runs = count === 1 ? "run" : "runs";
  if (!isComplete) return `${count.toLocaleString("en")} loaded, more follow`;
  if (isFiltered)
    return count === 0
      ? "no run matches"
      : `${count.toLocaleString("en")} ${runs} match${count === 1 ? "es" : ""}`;
  return `${count.toLocaleString("en")} ${runs}`;
}
