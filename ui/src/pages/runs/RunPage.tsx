import { useEffect, useState } from "react";
import { getExperiment } from "../../api/experiments.ts";
import { ApiError } from "../../api/http.ts";
import { getRun } from "../../api/runs.ts";
import type { Run } from "../../api/types.ts";
import { CopyButton } from "../../components/CopyButton.tsx";
import { Notice } from "../../components/Notice.tsx";
import { StatusMark } from "../../components/StatusMark.tsx";
import { TimeAgo } from "../../components/TimeAgo.tsx";
import { Crumb, TopBar } from "../../components/TopBar.tsx";
import { formatPlace, type RunPlace, runsPlace } from "../../lib/places.ts";
import { runColourStyle } from "../../lib/runColours.ts";
import { formatDuration } from "../../lib/times.ts";
import { Artifacts } from "./Artifacts.tsx";
import { MetricsList, PairsList } from "./RunLists.tsx";
import { runRow } from "./runRow.ts";

/** One run: what it is, what it measured, what it was given, what it left behind. Empty parts are not drawn. */
export function RunPage({ place }: { place: RunPlace }) {
  const [run, setRun] = useState<Run>();
  const [experimentName, setExperimentName] = useState<string>();
  const [error, setError] = useState<ApiError>();
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt is a reason to ask again
  useEffect(() => {
    const request = new AbortController();
    setError(undefined);
    getRun(place.runId, request.signal).then(setRun, (cause: unknown) => {
      if (!request.signal.aborted && cause instanceof ApiError) setError(cause);
    });
    return () => request.abort();
  }, [place.runId, attempt]);

  // The run itself knows its experiment; the address may be an old one.
  const experimentId = run?.info.experiment_id ?? place.experimentId;
  useEffect(() => {
    const request = new AbortController();
    getExperiment(experimentId, request.signal).then(
      (experiment) => setExperimentName(experiment.name),
      () => undefined,
    );
    return () => request.abort();
  }, [experimentId]);

  const row = run && runRow(run);
  useEffect(() => {
    document.title = `${row?.name ?? "Run"} · kirok`;
  }, [row?.name]);

  return (
    <>
      <TopBar>
        <Crumb href={formatPlace(runsPlace(experimentId))}>{experimentName ?? experimentId}</Crumb>
        <Crumb>{row?.name ?? place.runId}</Crumb>
      </TopBar>
      <main id="main" className="page" tabIndex={-1}>
        {error && <Notice error={error} onRetry={() => setAttempt(attempt + 1)} />}
        {run && row && (
          <>
            <header className="run-head">
              <h1>
                <i className="swatch" style={runColourStyle(row.id)} aria-hidden="true" />
                {row.name}
              </h1>
              {row.isDeleted && <span className="badge">deleted</span>}
              <StatusMark status={row.status} lastNewsMs={row.lastNewsMs} withWord />
              <span className="fact">
                started <TimeAgo timeMs={row.startedMs} />
              </span>
              {row.startedMs !== undefined && row.endedMs !== undefined && (
                <span className="fact">took {formatDuration(row.endedMs - row.startedMs)}</span>
              )}
              {row.user && <span className="fact">by {row.user}</span>}
              <span className="fact">
                <code>{row.id}</code> <CopyButton text={row.id} label="Copy id" />
              </span>
            </header>
            <div className="run-parts">
              <MetricsList metrics={run.data?.metrics ?? []} />
              <PairsList title="Params" pairs={[...row.params]} />
              <PairsList title="Tags" pairs={[...row.tags]} />
              <Artifacts runId={row.id} />
              <PairsList title="Set by the client" pairs={systemTags(run)} />
            </div>
          </>
        )}
      </main>
    </>
  );
}

/** MLflow's own tags, without the prefix: source, commit, user and the like. The name stands in the heading. */
function systemTags(run: Run): [string, string][] {
  return (run.data?.tags ?? [])
    .filter(({ key }) => key.startsWith("mlflow.") && key !== "mlflow.runName")
    .map(({ key, value }) => [key.slice("mlflow.".length), value]);
}
