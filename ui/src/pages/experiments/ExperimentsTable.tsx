import type { Experiment } from "../../api/types.ts";
import { TimeAgo } from "../../components/TimeAgo.tsx";
import { formatPlace, runsPlace } from "../../lib/places.ts";

/** Experiments as rows, in the order given. */
export function ExperimentsTable({
  experiments,
  isStale,
}: {
  experiments: readonly Experiment[];
  isStale: boolean;
}) {
  if (experiments.length === 0) return null;
  const notes = new Map(experiments.map((experiment) => [experiment.experiment_id, noteOf(experiment)]));
  const hasNotes = [...notes.values()].some(Boolean);
  return (
    <table className="list" data-stale={isStale || undefined}>
      <caption className="visually-hidden">Experiments</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          {hasNotes && (
            <th scope="col" className="wide-only">
              Note
            </th>
          )}
          <th scope="col" className="number wide-only">
            Id
          </th>
          <th scope="col">Updated</th>
          <th scope="col" className="wide-only">
            Created
          </th>
        </tr>
      </thead>
      <tbody>
        {experiments.map((experiment) => (
          <tr key={experiment.experiment_id}>
            <th scope="row">
              <a href={formatPlace(runsPlace(experiment.experiment_id))}>{experiment.name}</a>
            </th>
            {hasNotes && (
              <td className="note wide-only" title={notes.get(experiment.experiment_id)}>
                {notes.get(experiment.experiment_id)}
              </td>
            )}
            <td className="number wide-only">{experiment.experiment_id}</td>
            <td className="when">
              <TimeAgo timeMs={experiment.last_update_time} />
            </td>
            <td className="when wide-only">
              <TimeAgo timeMs={experiment.creation_time} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The description that MLflow keeps in a tag. */
function noteOf(experiment: Experiment): string {
  return experiment.tags?.find((tag) => tag.key === "mlflow.note.content")?.value ?? "";
}
