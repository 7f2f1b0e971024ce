/**
 * The records of MLflow's REST API as they stand in JSON, named and spelled as on the wire.
 * This module holds types only, so that one generated from the server's /openapi.json can take its place.
 *
 * - int64 fields are JSON numbers (milliseconds, steps, byte counts).
 * - A double that JSON cannot spell is a string: see {@link Double}.
 * - Fields that are empty or unset are absent, lists included.
 */

/** A double: a number, or the name of one that JSON cannot spell. */
export type Double = number | "NaN" | "Infinity" | "-Infinity";

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
export type LifecycleStage = "active" | "deleted";
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export interface KeyValue {
  key: string;
  value: string;
}

export interface Experiment {
  experiment_id: string;
  name: string;
  artifact_location?: string;
  lifecycle_stage?: LifecycleStage;
  last_update_time?: number;
  creation_time?: number;
  tags?: KeyValue[];
}

export interface Metric {
  key: string;
  value: Double;
  timestamp?: number;
  step?: number;
}

export interface RunInfo {
  run_id: string;
  run_name?: string;
  experiment_id: string;
  user_id?: string;
  status: RunStatus;
  /** Milliseconds since 1970; 0 where the client gave none. */
  start_time?: number;
  /** Milliseconds since 1970; absent until the run ends. */
  end_time?: number;
  artifact_uri?: string;
  lifecycle_stage?: LifecycleStage;
}

export interface RunData {
  /** The latest value of each metric. */
  metrics?: Metric[];
  params?: KeyValue[];
  tags?: KeyValue[];
}

export interface Dataset {
  name: string;
  digest: string;
  source_type?: string;
  source?: string;
}

export interface RunInputs {
  dataset_inputs?: { dataset: Dataset; tags?: KeyValue[] }[];
}

export interface Run {
  info: RunInfo;
  data?: RunData;
  inputs?: RunInputs;
}

export interface FileInfo {
  path: string;
  is_dir: boolean;
  /** Bytes; absent for folders. */
  file_size?: number;
  /** When it was last written; absent for folders, and where the store does not tell. */
  modified_ms?: number;
}

export interface SearchExperimentsRequest {
  max_results: number;
  view_type?: ViewType;
  filter?: string;
  order_by?: string[];
  page_token?: string;
}

export interface SearchExperimentsResponse {
  experiments?: Experiment[];
  next_page_token?: string;
}

export interface SearchRunsRequest {
  experiment_ids: string[];
  filter?: string;
  run_view_type?: ViewType;
  max_results?: number;
  order_by?: string[];
  page_token?: string;
}

export interface SearchRunsResponse {
  runs?: Run[];
  next_page_token?: string;
}

export interface GetExperimentResponse {
  experiment: Experiment;
}

export interface GetRunResponse {
  run: Run;
}

export interface ListArtifactsResponse {
  root_uri?: string;
  files?: FileInfo[];
}

export interface ErrorResponse {
  error_code: string;
  message: string;
}
