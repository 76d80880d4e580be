import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The headers under which a page may share memory between threads; `hearth serve` sends them as well.
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  plugins: [react()],
  worker: { format: "es" },
  // A preload helper would be an inline script in workers; addresses in data: URLs would break the policy of the page.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { headers, proxy: { "/api": "http://127.0.0.1:8080", "/models": "http://127.0.0.1:8080" } },
  preview: { headers },
});
