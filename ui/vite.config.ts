import { defineConfig } from "vite";
import { precompress } from "./plugins/precompress.ts";

/** The server that `npm run dev` talks to; a `kirok server` on its usual port unless told otherwise. */
const server = process.env.KIROK_DEV_SERVER ?? "http://127.0.0.1:5000";

export default defineConfig({
  // Every address in the page is relative: the server may stand under a prefix that only it knows.
  base: "./",
  plugins: [precompress()],
  build: {
    outDir: "../src/kirok/server/static",
    // The folder lies outside ui/, where Vite asks to be told; public/.gitkeep puts the kept file back.
    emptyOutDir: true,
    target: "baseline-widely-available",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  experimental: {
    // The server mounts this folder at static-files/ and serves index.html one level above it.
    renderBuiltUrl: (filename, { hostType }) =>
      hostType === "html" ? `static-files/${filename}` : { relative: true },
  },
  server: {
    proxy: Object.fromEntries(
      ["/ajax-api", "/api", "/get-artifact", "/version"].map((path) => [path, { target: server }]),
    ),
  },
});
