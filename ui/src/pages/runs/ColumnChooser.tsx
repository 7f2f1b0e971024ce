import { useId, useState } from "react";
import type { RunsPlace } from "../../lib/places.ts";
import { type Column, type ColumnKind, chooseColumns } from "./columns.ts";

interface ColumnChooserProps {
  columns: readonly Column[];
  chosen: readonly Column[];
  place: RunsPlace;
  onChange: (part: Partial<RunsPlace>) => void;
}

const TITLES: Record<ColumnKind, string> = { metrics: "Metrics", params: "Params", tags: "Tags" };

/** Which metrics, params and tags stand in the table. Only departures from the page's own choice enter the address. */
export function ColumnChooser({ columns, chosen, place, onChange }: ColumnChooserProps) {
  const [sought, setSought] = useState("");
  const panelId = useId();
  const chosenIds = new Set(chosen.map((column) => column.id));
  const found = columns.filter((column) => column.id.toLowerCase().includes(sought.toLowerCase()));

  const toggle = (column: Column, isShown: boolean) => {
    const show = place.show.filter((id) => id !== column.id);
    const hide = place.hide.filter((id) => id !== column.id);
    const asIs = chooseColumns(columns, Number.POSITIVE_INFINITY, { show, hide, order: place.order });
    const isShownAnyway = asIs.includes(column);
    if (isShown && !isShownAnyway) show.push(column.id);
    if (!isShown && isShownAnyway) hide.push(column.id);
    onChange({ show, hide });
  };

  return (
    <div className="chooser">
      <button type="button" className="button" popoverTarget={panelId}>
        Columns{" "}
        <span className="muted">
          {chosen.length} of {columns.length}
        </span>
      </button>
      <div id={panelId} popover="auto" className="panel">
        <div className="panel-head">
          <input
            type="search"
            placeholder="Find a column"
            aria-label="Find a column"
            value={sought}
            onChange={(event) => setSought(event.target.value)}
          />
          {(place.show.length > 0 || place.hide.length > 0) && (
            <button type="button" className="button quiet" onClick={() => onChange({ show: [], hide: [] })}>
              Back to automatic
            </button>
          )}
        </div>
        {(Object.keys(TITLES) as ColumnKind[]).map((kind) => {
          const ofKind = found.filter((column) => column.kind === kind);
          return (
            ofKind.length > 0 && (
              <fieldset key={kind}>
                <legend>{TITLES[kind]}</legend>
                {ofKind.map((column) => (
                  <label key={column.id}>
                    <input
                      type="checkbox"
                      checked={chosenIds.has(column.id)}
                      onChange={(event) => toggle(column, event.target.checked)}
                    />
                    <span className="choice">{column.key}</span>
                    {!column.differs && <span className="muted">same in all</span>}
                  </label>
                ))}
              </fieldset>
            )
          );
        })}
        {found.length === 0 && <p className="muted">No column of that name in the loaded runs.</p>}
      </div>
    </div>
  );
}
