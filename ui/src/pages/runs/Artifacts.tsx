import { useEffect, useState } from "react";
import { archiveAddress, artifactAddress, listArtifacts } from "../../api/artifacts.ts";
import { ApiError } from "../../api/http.ts";
import type { FileInfo } from "../../api/types.ts";
import { Notice } from "../../components/Notice.tsx";
import { naturalOrder } from "../../lib/naturalOrder.ts";
import { formatBytes } from "../../lib/numbers.ts";

/** The files a run left, folder by folder: each folder is read when it is opened. */
export function Artifacts({ runId }: { runId: string }) {
  const [files, error, retry] = useFolder(runId, "");
  if (error === undefined && (files === undefined || files.length === 0)) return null;
  return (
    <section>
      <h2>Artifacts</h2>
      {error ? (
        <Notice error={error} onRetry={retry} />
      ) : (
        <>
          <Files runId={runId} files={files ?? []} />
          <Archive runId={runId} path="" />
        </>
      )}
    </section>
  );
}

function Files({ runId, files }: { runId: string; files: readonly FileInfo[] }) {
  return (
    <ul className="files">
      {files.map((file) => (
        <li key={file.path}>
          {file.is_dir ? (
            <Folder runId={runId} path={file.path} />
          ) : (
            <a className="file" href={artifactAddress(runId, file.path)} download={nameOf(file.path)}>
              <span className="file-name">{nameOf(file.path)}</span>
              {file.file_size !== undefined && (
                <span className="muted" title={`${file.file_size} bytes`}>
                  {formatBytes(file.file_size)}
                </span>
              )}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

function Folder({ runId, path }: { runId: string; path: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{nameOf(path)}/</summary>
      {isOpen && <FolderFiles runId={runId} path={path} />}
    </details>
  );
}

function FolderFiles({ runId, path }: { runId: string; path: string }) {
  const [files, error, retry] = useFolder(runId, path);
  if (error) return <Notice error={error} onRetry={retry} />;
  if (files?.length === 0) return <p className="muted">Empty</p>;
  return (
    files && (
      <>
        <Files runId={runId} files={files} />
        <Archive runId={runId} path={path} />
      </>
    )
  );
}

/** A link to a folder with all in it as one file. */
function Archive({ runId, path }: { runId: string; path: string }) {
  return (
    <p>
      <a className="muted" href={archiveAddress(runId, path)} download>
        Download {path === "" ? "all" : `${nameOf(path)}/`} as zip
      </a>
    </p>
  );
}

function useFolder(runId: string, path: string): [FileInfo[] | undefined, ApiError | undefined, () => void] {
  const [files, setFiles] = useState<FileInfo[]>();
  const [error, setError] = useState<ApiError>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt is a reason to ask again
  useEffect(() => {
    const request = new AbortController();
    setError(undefined);
    listArtifacts(runId, path, request.signal).then(
      (found) => setFiles(found.toSorted(foldersFirst)),
      (cause: unknown) => {
        if (!request.signal.aborted && cause instanceof ApiError) setError(cause);
      },
    );
    return () => request.abort();
  }, [runId, path, attempt]);
  return [files, error, () => setAttempt(attempt + 1)];
}

function foldersFirst(left: FileInfo, right: FileInfo): number {
  return Number(right.is_dir) - Number(left.is_dir) || naturalOrder(left.path, right.path);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
