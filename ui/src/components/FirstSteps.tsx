import { serverAddress } from "../api/http.ts";
import { CopyButton } from "./CopyButton.tsx";

/** For somebody who has no runs yet: the lines that make the first one, with this server's address filled in. */
export function FirstSteps({ experiment }: { experiment?: string }) {
  const lines = [
    "import kirok",
    `kirok.set_tracking_uri(${JSON.stringify(serverAddress())})`,
    ...(experiment === undefined || experiment === "Default"
      ? []
      : [`kirok.set_experiment(${JSON.stringify(experiment)})`]),
    `kirok.log_metric("loss", 0.3)`,
  ].join("\n");
  return (
    <section className="first-steps">
      <h2>No runs yet. Log the first one:</h2>
      <pre>
        <code>{lines}</code>
      </pre>
      <p>
        <CopyButton text={lines} /> It appears here by itself. With <code>import mlflow</code> in place of{" "}
        <code>kirok</code> the same lines work.
      </p>
    </section>
  );
}
