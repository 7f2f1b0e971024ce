import type { ReactNode } from "react";
import { formatPlace, HOME } from "../lib/places.ts";

/** The one line above every page: where the reader is, and the way back up. */
export function TopBar({ children }: { children?: ReactNode }) {
  return (
    <header className="top-bar">
      <button type="button" className="skip-link" onClick={skipToMain}>
        Skip to the table
      </button>
      <nav aria-label="Place">
        <a className="mark" href={formatPlace(HOME)} title="All experiments">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M4.5 3v10M11.5 3 5 8l6.5 5" />
          </svg>
          <span>kirok</span>
        </a>
        {children}
      </nav>
    </header>
  );
}

/** To the first row, past every header that sorts. A button, as the address after `#` names the place and must stay. */
function skipToMain(): void {
  const main = document.getElementById("main");
  (main?.querySelector<HTMLElement>("tbody a") ?? main)?.focus();
}

/** One step of the way, after a stroke. */
export function Crumb({ href, children }: { href?: string; children: ReactNode }) {
  return (
    <>
      <span className="stroke" aria-hidden="true">
        /
      </span>
      {href ? (
        <a className="crumb" href={href}>
          {children}
        </a>
      ) : (
        <span className="crumb" aria-current="page">
          {children}
        </span>
      )}
    </>
  );
}
