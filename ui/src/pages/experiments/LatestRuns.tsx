import type { Experiment } from "../../api/types.ts";
import { StatusMark } from "../../components/StatusMark.tsx";
import { TimeAgo } from "../../components/TimeAgo.tsx";
import { formatNumber, fullNumber } from "../../lib/numbers.ts";
import { formatPlace, runsPlace } from "../../lib/places.ts";
import { runColourStyle } from "../../lib/runColours.ts";
import type { RunRow } from "../runs/runRow.ts";

const METRICS_SHOWN = 3;

/** The newest runs of any experiment: what somebody who comes back wants to see first. */
export function LatestRuns({
  runs,
  experiments,
}: {
  runs: readonly RunRow[];
  experiments: readonly Experiment[];
}) {
  const names = new Map(experiments.map((experiment) => [experiment.experiment_id, experiment.name]));
  return (
    <section>
      <div className="section-head">
        <h2>Latest runs</h2>
      </div>
      <table className="list">
        <caption className="visually-hidden">Latest runs</caption>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <th scope="row">
                <div className="run-name">
                  <i className="swatch" style={runColourStyle(run.id)} aria-hidden="true" />
                  <StatusMark status={run.status} lastNewsMs={run.lastNewsMs} />
                  <a href={formatPlace({ page: "run", experimentId: run.experimentId, runId: run.id })}>
                    {run.name}
                  </a>
                </div>
              </th>
              <td className="wide-only">
                <a href={formatPlace(runsPlace(run.experimentId))}>{names.get(run.experimentId)}</a>
              </td>
              <td className="when">
                <TimeAgo timeMs={run.startedMs} />
              </td>
              <td className="wide-only">
                {[...run.metrics].slice(0, METRICS_SHOWN).map(([key, value]) => (
                  <span className="pair" key={key}>
                    <span className="key">{key}</span>
                    <span className="value" title={fullNumber(value)}>
                      {formatNumber(value)}
                    </span>
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
