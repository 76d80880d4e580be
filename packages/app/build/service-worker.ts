/**
 * The build's last step: the service worker, with the list of the files that it keeps.
 *
 * `vite-plugin-pwa` does the same, and brings three hundred packages along; the list is all that is needed of it.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin, type ResolvedConfig } from "vite";

/** Names of built files change with what is in them. */
const HASHED = "assets/";
/** What a host changes without building the page again is asked for each time. */
const OF_THE_HOST = ["catalogue.json", "config.json"];

export function serviceWorker(): Plugin {
  let config: ResolvedConfig;
  return {
    name: "hearth-service-worker",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      const outDir = join(config.root, config.build.outDir);
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { FILES: JSON.stringify(filesOf(outDir)), "process.env.NODE_ENV": '"production"' },
        build: {
          outDir,
          emptyOutDir: false,
          target: config.build.target,
          rolldownOptions: { input: join(config.root, "offline/service-worker.ts"), output: { format: "iife", entryFileNames: "service-worker.js" } },
        },
      });
    },
  };
}

/** All that was built, the page first. */
function filesOf(folder: string): { readonly url: string; readonly revision: string | null }[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !OF_THE_HOST.includes(name))
    .sort();
  return names.map((url) => ({ url, revision: url.startsWith(HASHED) ? null : revisionOf(join(folder, url)) }));
}

function revisionOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}
