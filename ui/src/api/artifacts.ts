import { addressOf, get } from "./http.ts";
import type { FileInfo, ListArtifactsResponse } from "./types.ts";

/** What lies directly in one folder of a run's artifacts; `""` is the top. Paths are relative to the top. */
export async function listArtifacts(runId: string, path: string, signal?: AbortSignal): Promise<FileInfo[]> {
  const query = path === "" ? { run_id: runId } : { run_id: runId, path };
  return (await get<ListArtifactsResponse>("artifacts/list", query, signal)).files ?? [];
}

/** Where one folder of a run's artifacts can be downloaded, with all in it, as a zip archive; `""` is all of them. */
export function archiveAddress(runId: string, path: string): string {
  return addressOf("api/kirok/artifacts/zip", path === "" ? { run_id: runId } : { run_id: runId, path });
}

/** Where one artifact file can be downloaded. */
export function artifactAddress(runId: string, path: string): string {
  return addressOf("get-artifact", { run_id: runId, path });
}
