/**
 * Makes the page one HTML file, which a browser opens from the disk. Imports that end in `?script` become the text of a classic script, those in `?block` and
 * `?block=gzip` the id of an element with the file in base64: text that is no script costs the browser no more than reading it. The rest of the bundle, which
 * only a server could give out, is left out.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import type { Plugin, Rolldown } from "vite";

const IMPORT = /^(.+)\?(script|block|block=gzip)$/;
const LOADED = /^\0(script|block|block=gzip):(.+)$/;
const HTML = "index.html";

/** `fileName`: what the file is called. */
export function singleFile(fileName: string): Plugin {
  const blocks = new Map<string, string>();
  let publicFolder = "";
  return {
    name: "hearth-single-file",
    enforce: "pre",
    configResolved({ publicDir }) {
      publicFolder = publicDir;
    },
    async resolveId(id, importer) {
      const [, path, kind] = IMPORT.exec(id) ?? [];
      if (path === undefined) return null;
      const found = await this.resolve(path, importer, { skipSelf: true });
      return found === null ? this.error(`there is no ${path}`) : `\0${kind}:${found.id}`;
    },
    async load(id) {
      const [, kind, path] = LOADED.exec(id) ?? [];
      if (path === undefined) return null;
      if (kind === "script") return asModule(await classicScript(path));
      const bytes = readFileSync(path);
      blocks.set(basename(path), (kind === "block" ? bytes : gzipSync(bytes, { level: 9 })).toString("base64"));
      return asModule(basename(path));
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = new Page(bundle);
        page.takeIn(join(publicFolder, "icon.svg"), blocks);
        for (const name of Object.keys(bundle)) delete bundle[name];
        this.emitFile({ type: "asset", fileName, source: page.html });
      },
    },
  };
}

function asModule(text: string): string {
  return `export default ${JSON.stringify(text)};`;
}

/** A module with all that it imports. It has no address of its own; what it would fetch from beside it is given to it. */
async function classicScript(path: string): Promise<string> {
  const bundle = await rolldown({ input: path, platform: "browser", transform: { define: { "import.meta.url": "location.href" } } });
  const { output } = await bundle.generate({ format: "iife", codeSplitting: false, minify: true });
  await bundle.close();
  if (output.length !== 1) throw new Error(`${path} does not become one script`);
  return output[0].code;
}

/** The document, as parts of the bundle come into it. */
class Page {
  html: string;
  readonly #bundle: Rolldown.OutputBundle;

  constructor(bundle: Rolldown.OutputBundle) {
    this.#bundle = bundle;
    this.html = this.#text(HTML);
  }

  takeIn(icon: string, blocks: ReadonlyMap<string, string>): void {
    const script = harmless(this.#inTag(/<script type="module"[^>]* src="([^"]+)"><\/script>/));
    const style = this.#inTag(/<link rel="stylesheet"[^>]* href="([^"]+)">/);
    // A page of the disk is not installed.
    for (const link of ["apple-touch-icon", "manifest"]) this.#replace(new RegExp(`<link rel="${link}"[^>]*>\\s*`), "");
    this.#replace(/(?<=<link rel="icon" href=")[^"]+/, `data:image/svg+xml;base64,${readFileSync(icon, "base64")}`);
    this.#replace(/<script type="module"[^>]*><\/script>/, `<script type="module">${script}</script>`);
    this.#replace(/<link rel="stylesheet"[^>]*>/, `<style>${style}</style>`);
    this.#replace(/(?<=<meta charset="utf-8" \/>)/, `<meta http-equiv="Content-Security-Policy" content="${policy(script, style)}">`);
    const elements = [...blocks].map(([id, text]) => `<script type="text/plain" id="${id}">${text}</script>\n`);
    this.#replace(/(?=<\/body>)/, elements.join(""));
  }

  /** The text of the file that a tag names. */
  #inTag(tag: RegExp): string {
    const [, address] = tag.exec(this.html) ?? [];
    if (address === undefined) throw new Error(`the page has no ${tag}`);
    return this.#text(address.replace(/^\.?\//, ""));
  }

  #text(name: string): string {
    const file = this.#bundle[name];
    if (file === undefined) throw new Error(`the bundle has no ${name}`);
    return file.type === "chunk" ? file.code : file.source.toString();
  }

  /** With a function, because texts may hold what stands for parts of a match. */
  #replace(what: RegExp, by: string): void {
    if (!what.test(this.html)) throw new Error(`the page has no ${what}`);
    this.html = this.html.replace(what, () => by);
  }
}

/** What would end a script's element, or hide its end, written so that scripts read the same. */
function harmless(script: string): string {
  return script.replace(/<(?=\/script|script|!--)/gi, "\\x3C");
}

/** Only these scripts run, and only models come over a network, when the person asks for one. Workers obey it as well. */
function policy(script: string, style: string): string {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    "worker-src blob:",
    "connect-src https: http:",
    `style-src ${hash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
