import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig, type UserConfig } from "vite";
import { singleFile } from "./build/single-file.js";
import { serviceWorker } from "./build/service-worker.js";

// The headers under which a page may share memory between threads; `hearth serve` sends them as well.
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const served: UserConfig = {
  // A host may serve the page under any path.
  base: "./",
  plugins: [react(), serviceWorker()],
  worker: { format: "es" },
  // A preload helper would be an inline script in workers; addresses in data: URLs would break the policy of the page.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { headers, proxy: { "/api": "http://127.0.0.1:8080", "/models": "http://127.0.0.1:8080" } },
  preview: { headers },
};

/** One HTML file at the top of the checkout: `vite build --mode single`. */
const single: UserConfig = {
  ...served,
  plugins: [react(), singleFile("hearth.html")],
  // `#assets` becomes the module with the parts in it.
  resolve: { conditions: ["single", ...defaultClientConditions] },
  build: {
    ...served.build,
    outDir: "../../dist",
    emptyOutDir: false,
    copyPublicDir: false,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
};

export default defineConfig(({ mode }) => (mode === "single" ? single : served));
