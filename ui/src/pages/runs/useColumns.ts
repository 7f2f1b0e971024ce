import { useMemo, useRef } from "react";
import { type Column, surveyColumns } from "./columns.ts";
import type { RunRow } from "./runRow.ts";

/** The columns of a growing list of runs, of which each page is looked at once. */
export function useColumns(runs: readonly RunRow[]): readonly Column[] {
  const before = useRef<{ runs: readonly RunRow[]; columns: readonly Column[] }>({ runs: [], columns: [] });
  return useMemo(() => {
    const known = before.current;
    const last = known.runs.length - 1;
    const hasGrown = last >= 0 && known.runs[0] === runs[0] && known.runs[last] === runs[last];
    const columns = hasGrown ? surveyColumns(runs, known.columns, last + 1) : surveyColumns(runs);
    before.current = { runs, columns };
    return columns;
  }, [runs]);
}
