import { get, post } from "./http.ts";
import type {
  Experiment,
  GetExperimentResponse,
  SearchExperimentsRequest,
  SearchExperimentsResponse,
} from "./types.ts";

export async function searchExperiments(
  request: SearchExperimentsRequest,
  signal?: AbortSignal,
): Promise<SearchExperimentsResponse> {
  return post("experiments/search", request, signal);
}

/** One experiment, deleted ones too. */
export async function getExperiment(experimentId: string, signal?: AbortSignal): Promise<Experiment> {
  const query = { experiment_id: experimentId };
  return (await get<GetExperimentResponse>("experiments/get", query, signal)).experiment;
}
