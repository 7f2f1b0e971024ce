import type { Run, RunStatus } from "../../api/types.ts";
import { toNumber } from "../../lib/numbers.ts";

/** A run as the table needs it: looked up by key, with absent spelled as `undefined`. */
export interface RunRow {
  id: string;
  experimentId: string;
  name: string;
  user: string;
  status: RunStatus;
  isDeleted: boolean;
  isChild: boolean;
  startedMs: number | undefined;
  endedMs: number | undefined;
  /** The latest time that the run told of itself: its end, its newest metric, or its start. */
  lastNewsMs: number | undefined;
  metrics: ReadonlyMap<string, number>;
  params: ReadonlyMap<string, string>;
  /** Tags that people set; MLflow's own (`mlflow.…`) say themselves elsewhere on the page. */
  tags: ReadonlyMap<string, string>;
}

export function runRow(run: Run): RunRow {
  const { info, data } = run;
  const tags = new Map(data?.tags?.map(({ key, value }) => [key, value]));
  // A start of 0 is MLflow's way of saying that the client gave none.
  const startedMs = info.start_time || undefined;
  const newestMetricMs = data?.metrics?.reduce((newest, { timestamp = 0 }) => Math.max(newest, timestamp), 0);
  return {
    id: info.run_id,
    experimentId: info.experiment_id,
    name: info.run_name || tags.get("mlflow.runName") || info.run_id,
    user: info.user_id || tags.get("mlflow.user") || "",
    status: info.status,
    isDeleted: info.lifecycle_stage === "deleted",
    isChild: tags.has("mlflow.parentRunId"),
    startedMs,
    endedMs: info.end_time,
    lastNewsMs: info.end_time ?? (Math.max(startedMs ?? 0, newestMetricMs ?? 0) || undefined),
    metrics: new Map(data?.metrics?.map(({ key, value }) => [key, toNumber(value)])),
    params: new Map(data?.params?.map(({ key, value }) => [key, value])),
    tags: new Map([...tags].filter(([key]) => !key.startsWith("mlflow."))),
  };
}
