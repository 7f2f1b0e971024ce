import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/http.ts";

export interface Page<Item> {
  items: Item[];
  nextToken: string | undefined;
}

/** Reads one page; no token is the first one. Must be the same function for as long as the question is the same. */
export type FetchPage<Item> = (token: string | undefined, signal: AbortSignal) => Promise<Page<Item>>;

export interface Pages<Item> {
  /** All pages read so far, in order; those of the previous question until the first answer to this one. */
  items: readonly Item[];
  /** Undefined until the first answer of all; then whether `items` is the whole answer. */
  isComplete: boolean | undefined;
  /** Whether `items` still answers the previous question, or a newer answer is on its way. */
  isStale: boolean;
  error: ApiError | undefined;
  /** How many questions have been answered: changes when `items` starts anew, not when it grows. */
  generation: number;
  readMore: () => void;
  reload: () => void;
}

interface State<Item> {
  items: readonly Item[];
  nextToken: string | undefined;
  answered: FetchPage<Item> | undefined;
  generation: number;
  isLoading: boolean;
  error: ApiError | undefined;
}

/**
 * A long list read page by page. When the question (`fetchPage`) changes, the old items stay until the new ones
 * are there; when the new question fails, they stay beside the error.
 */
export function usePages<Item>(fetchPage: FetchPage<Item>, idOf: (item: Item) => string): Pages<Item> {
  const [state, setState] = useState<State<Item>>({
    items: [],
    nextToken: undefined,
    answered: undefined,
    generation: 0,
    isLoading: true,
    error: undefined,
  });
  const pending = useRef<AbortController>(undefined);

  const read = useCallback(
    async (token: string | undefined) => {
      pending.current?.abort();
      const request = new AbortController();
      pending.current = request;
      setState((now) => ({ ...now, isLoading: true }));
      try {
        const page = await fetchPage(token, request.signal);
        if (request.signal.aborted) return;
        pending.current = undefined;
        setState((now) => ({
          items: token === undefined ? page.items : appended(now.items, page.items, idOf),
          nextToken: page.nextToken,
          answered: fetchPage,
          generation: token === undefined ? now.generation + 1 : now.generation,
          isLoading: false,
          error: undefined,
        }));
      } catch (cause) {
        if (request.signal.aborted) return;
        pending.current = undefined;
        const error = cause instanceof ApiError ? cause : new ApiError("UNEXPECTED", String(cause));
        setState((now) => ({ ...now, isLoading: false, error }));
      }
    },
    [fetchPage, idOf],
  );

  useEffect(() => {
    void read(undefined);
    return () => pending.current?.abort();
  }, [read]);

  const isCurrent = state.answered === fetchPage;
  const { nextToken, error } = state;
  const readMore = useCallback(() => {
    // A failed page is not asked for again by scrolling alone: the reader decides, with `reload`.
    if (!isCurrent || nextToken === undefined || error || pending.current) return;
    void read(nextToken);
  }, [read, isCurrent, nextToken, error]);

  const reload = useCallback(() => void read(undefined), [read]);

  return {
    items: state.items,
    isComplete: state.answered === undefined ? undefined : state.nextToken === undefined,
    isStale: !isCurrent,
    error,
    generation: state.generation,
    readMore,
    reload,
  };
}

/** A record that arrived while pages were being read shifts the rest by one: the same item may come twice. */
function appended<Item>(known: readonly Item[], more: Item[], idOf: (item: Item) => string): Item[] {
  const seen = new Set(known.map(idOf));
  return [...known, ...more.filter((item) => !seen.has(idOf(item)))];
}
