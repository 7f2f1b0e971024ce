import { useMemo } from "react";
import type { ApiError } from "../../api/http.ts";
import { FilterBox } from "../../components/FilterBox.tsx";
import { identifier, suggestFilter } from "../../lib/filters.ts";
import type { Column } from "./columns.ts";

interface RunFilterProps {
  filter: string;
  onChange: (filter: string, isFinal: boolean) => void;
  inputRef: React.RefObject<HTMLInputElement | null>;
  /** The server's refusal of this filter. */
  error: ApiError | undefined;
  isFinal: boolean;
  /** What the loaded runs have, to name in a suggestion. */
  columns: readonly Column[];
}

/** The box that takes MLflow's filter syntax; a refusal stands beneath it, with what was probably meant. */
export function RunFilter({ filter, onChange, inputRef, error, isFinal, columns }: RunFilterProps) {
  const suggestion = useMemo(() => {
    const keys = (kind: Column["kind"]) => new Set(columns.filter((c) => c.kind === kind).map((c) => c.key));
    return error && suggestFilter(filter, keys("metrics"), keys("params"));
  }, [filter, error, columns]);
  const metric = columns.find((column) => column.kind === "metrics" && column.numeric);
  return (
    <FilterBox
      label="Filter runs"
      placeholder={metric ? `${identifier("metrics", metric.key)} > 0.9` : "attributes.status = 'FINISHED'"}
      value={filter}
      onChange={onChange}
      inputRef={inputRef}
      isInvalid={error !== undefined && isFinal}
    >
      {error && suggestion !== undefined && (
        <span>
          Did you mean{" "}
          <button type="button" className="suggestion" onClick={() => onChange(suggestion, true)}>
            {suggestion}
          </button>
        </span>
      )}
      {error &&
        (isFinal ? <span className="refusal">{error.message}</span> : <span>Not a whole filter yet</span>)}
    </FilterBox>
  );
}
