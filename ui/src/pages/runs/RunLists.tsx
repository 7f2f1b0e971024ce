import type { Metric } from "../../api/types.ts";
import { TimeAgo } from "../../components/TimeAgo.tsx";
import { naturalOrder } from "../../lib/naturalOrder.ts";
import { formatNumber, fullNumber, toNumber } from "../../lib/numbers.ts";

/** The latest value of each metric, with the step and time it was logged at. */
export function MetricsList({ metrics }: { metrics: readonly Metric[] }) {
  if (metrics.length === 0) return null;
  const ordered = metrics.toSorted((left, right) => naturalOrder(left.key, right.key));
  const hasSteps = metrics.some((metric) => (metric.step ?? 0) !== 0);
  return (
    <section>
      <h2>
        Metrics <span className="muted">{metrics.length}</span>
      </h2>
      <table className="list pairs">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="number">
              Latest
            </th>
            {hasSteps && (
              <th scope="col" className="number">
                Step
              </th>
            )}
            <th scope="col" className="when">
              Logged
            </th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((metric) => {
            const value = toNumber(metric.value);
            return (
              <tr key={metric.key}>
                <th scope="row">{metric.key}</th>
                <td className="number" title={fullNumber(value)}>
                  <span data-full={fullNumber(value)}>{formatNumber(value)}</span>
                </td>
                {hasSteps && <td className="number">{metric.step ?? 0}</td>}
                <td className="when">
                  <TimeAgo timeMs={metric.timestamp || undefined} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Names and texts, exactly as logged. */
export function PairsList({
  title,
  pairs,
}: {
  title: string;
  pairs: readonly (readonly [string, string])[];
}) {
  if (pairs.length === 0) return null;
  const ordered = pairs.toSorted(([left], [right]) => naturalOrder(left, right));
  return (
    <section>
      <h2>
        {title} <span className="muted">{pairs.length}</span>
      </h2>
      <table className="list pairs">
        <caption className="visually-hidden">{title}</caption>
        <tbody>
          {ordered.map(([key, value]) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td className="as-logged">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
