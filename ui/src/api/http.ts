import type { ErrorResponse } from "./types.ts";

/** Why a request failed, in words for the page: the server's own message where it sent one. */
export class ApiError extends Error {
  /** MLflow's name of the error, or `UNREACHABLE` when no answer came, or `HTTP_<status>` for a page that is not ours. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.code = code;
  }

  /** The request itself is at fault (a filter, an order): asking again cannot help. */
  get isRefusal(): boolean {
    return this.code === "INVALID_PARAMETER_VALUE" || this.code === "BAD_REQUEST";
  }
}

/** The address of this server as a client would be given it: no page, no trailing slash. */
export function serverAddress(): string {
  return new URL(".", document.baseURI).href.replace(/\/$/, "");
}

/** The address of `path` on this server, under whatever prefix the page itself was served. */
export function addressOf(path: string, query: Record<string, string> = {}): string {
  const address = new URL(path, `${serverAddress()}/`);
  address.search = new URLSearchParams(query).toString();
  return address.href;
}

/** `GET` an MLflow endpoint, such as `runs/get`. Throws {@link ApiError}; an aborted request throws as fetch does. */
export function get<Response>(
  endpoint: string,
  query: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  return getAt<Response>(`ajax-api/2.0/mlflow/${endpoint}`, query, signal);
}

/** `GET` at a path of this server that is not MLflow's. Throws as {@link get}. */
export function getAt<Response>(
  path: string,
  query: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  return send<Response>(addressOf(path, query), { signal: signal ?? null });
}

/** `POST` to an MLflow endpoint, such as `runs/search`. Throws {@link ApiError}; an aborted request throws as fetch does. */
export function post<Response>(endpoint: string, body: object, signal?: AbortSignal): Promise<Response> {
  return send<Response>(addressOf(`ajax-api/2.0/mlflow/${endpoint}`), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

async function send<Response>(address: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(address, init).catch((cause: unknown) => {
    if (init.signal?.aborted) throw cause;
    throw new ApiError("UNREACHABLE", `The server at ${serverAddress()} does not answer.`);
  });
  const text = await answer.text();
  const json = parse(text);
  if (answer.ok && json !== undefined) return json as Response;
  const error = json as Partial<ErrorResponse> | undefined;
  throw new ApiError(
    error?.error_code ?? `HTTP_${answer.status}`,
    error?.message ?? `The server answered ${answer.status} ${answer.statusText || "without a message"}.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
