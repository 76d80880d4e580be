/** Writes the API reference of the SDK from its types, as Markdown, into a folder. A type that is referred to and not exported is an error. */
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const app = await Application.bootstrapWithPlugins({
  name: "@hearth/sdk",
  entryPoints: [path("../sdk/src/index.ts")],
  tsconfig: path("../sdk/tsconfig.json"),
  plugin: ["typedoc-plugin-markdown"],
  out: process.argv[2] ?? path("../sdk/docs"),
  readme: "none",
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  hidePageHeader: true,
  router: "module",
  logLevel: "Warn",
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
