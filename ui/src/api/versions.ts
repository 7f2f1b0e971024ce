import { getAt } from "./http.ts";

export interface Versions {
  kirok: string;
  /** The MLflow whose API is spoken. */
  mlflow: string;
}

export async function getVersions(signal?: AbortSignal): Promise<Versions> {
  return getAt("api/kirok/version", {}, signal);
}
