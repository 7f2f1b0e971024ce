import type { ApiError } from "../api/http.ts";

/** What went wrong, where it went wrong, and the way to try again. */
export function Notice({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  return (
    <div className="notice" role="alert">
      <span>{error.message}</span>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
