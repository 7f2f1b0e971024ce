import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { copyInFull } from "./lib/copying.ts";
import "./style/tones.css";
import "./style/frame.css";
import "./style/tables.css";
import "./style/controls.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
document.addEventListener("copy", copyInFull);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
