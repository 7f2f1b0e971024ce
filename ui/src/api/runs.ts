import { get, post } from "./http.ts";
import type { GetRunResponse, Run, SearchRunsRequest, SearchRunsResponse } from "./types.ts";

export async function searchRuns(
  request: SearchRunsRequest,
  signal?: AbortSignal,
): Promise<SearchRunsResponse> {
  return post("runs/search", request, signal);
}

/** One run, deleted ones too. */
export async function getRun(runId: string, signal?: AbortSignal): Promise<Run> {
  return (await get<GetRunResponse>("runs/get", { run_id: runId }, signal)).run;
}
