import { useEffect, useState } from "react";
import { addressOf } from "../api/http.ts";
import { getVersions, type Versions } from "../api/versions.ts";

/** The last line of the first page: which server this is, and where its API is described. */
export function Colophon() {
  const [versions, setVersions] = useState<Versions>();
  useEffect(() => {
    const request = new AbortController();
    // A server that does not say its version is left nameless; nothing else depends on it.
    getVersions(request.signal).then(setVersions, () => undefined);
    return () => request.abort();
  }, []);
  if (versions === undefined) return null;
  return (
    <footer className="colophon">
      kirok {versions.kirok}, speaking MLflow {versions.mlflow} · <a href={addressOf("docs")}>API</a>
    </footer>
  );
}
