import { useSyncExternalStore } from "react";

/**
 * Where the reader is. All of it stands in the address after `#`, so that a copied link shows the same picture,
 * in the paths that MLflow's clients print when a run ends (`#/experiments/1/runs/<id>`).
 */
export type Place = ExperimentsPlace | RunsPlace | RunPlace;

export interface ExperimentsPlace {
  page: "experiments";
  /** Part of a name to look for. */
  name: string;
}

export interface RunsPlace {
  page: "runs";
  experimentId: string;
  /** MLflow's filter, as typed. */
  filter: string;
  /** One `order_by` clause of MLflow's; "" is newest first. */
  order: string;
  /** Ids of columns shown or hidden against the page's own choice. */
  show: readonly string[];
  hide: readonly string[];
}

export interface RunPlace {
  page: "run";
  experimentId: string;
  runId: string;
}

export const HOME: ExperimentsPlace = { page: "experiments", name: "" };

export function runsPlace(experimentId: string, rest: Partial<RunsPlace> = {}): RunsPlace {
  return { page: "runs", experimentId, filter: "", order: "", show: [], hide: [], ...rest };
}

/** Reads the part of an address from `#` on. What it does not know it ignores: an old link still opens. */
export function parsePlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const [noun, experimentId, runs, runId] = path.split("/").filter(Boolean).map(decodeSafely);
  const values = new URLSearchParams(query);
  if (noun !== "experiments" || experimentId === undefined) {
    return { page: "experiments", name: values.get("name") ?? "" };
  }
  if (runs === "runs" && runId !== undefined) return { page: "run", experimentId, runId };
  return runsPlace(experimentId, {
    filter: values.get("filter") ?? "",
    order: values.get("order") ?? "",
    show: values.getAll("show"),
    hide: values.getAll("hide"),
  });
}

/** The address of a place, from `#` on; the inverse of {@link parsePlace}. */
export function formatPlace(place: Place): string {
  const values = new URLSearchParams();
  let path = "#/";
  if (place.page === "experiments") {
    if (place.name) values.set("name", place.name);
  } else {
    path += `experiments/${encodeURIComponent(place.experimentId)}`;
    if (place.page === "run") path += `/runs/${encodeURIComponent(place.runId)}`;
    else {
      if (place.filter) values.set("filter", place.filter);
      if (place.order) values.set("order", place.order);
      for (const id of place.show) values.append("show", id);
      for (const id of place.hide) values.append("hide", id);
    }
  }
  const query = values.toString();
  return query ? `${path}?${query}` : path;
}

/** Goes to a place. `replace` rewrites the entry in the browser's history: for typing, not for going. */
export function goTo(place: Place, { replace = false } = {}): void {
  const hash = formatPlace(place);
  if (hash === window.location.hash) return;
  if (!replace) {
    window.location.hash = hash;
    return;
  }
  window.history.replaceState(null, "", hash);
  // The browser announces no change of its own when an entry is replaced.
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The present place, as a string that changes only when the place does. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
}

function decodeSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
