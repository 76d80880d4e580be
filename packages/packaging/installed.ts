/** The SDK as npm publishes it, installed from its tarball beside projects that use it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGING, readmeExample, SDK } from "./places.js";

const FIXTURES = join(PACKAGING, "fixtures");
/** Below the checkout's packages, so that projects find their bundlers there, and the SDK here. */
const PROJECTS = join(PACKAGING, "dist/projects");

/** What was packed and installed. */
export class Installed {
  /** The package, as a project has it. */
  readonly folder = join(PROJECTS, "node_modules/@hearth/sdk");

  private constructor() {}

  /** Packs what is built, and installs it anew. */
  static make(): Installed {
    rmSync(PROJECTS, { recursive: true, force: true });
    mkdirSync(PROJECTS, { recursive: true });
    writeFileSync(join(PROJECTS, "package.json"), JSON.stringify({ private: true, type: "module" }));
    // Without its scripts: they would build it once more.
    const packed = npm(SDK, "pack", "--ignore-scripts", "--silent", "--pack-destination", PROJECTS);
    // The package depends on nothing, so nothing is asked of a registry.
    npm(PROJECTS, "install", "--offline", "--no-package-lock", "--no-save", "--ignore-scripts", `./${packed.trim().split("\n").at(-1)}`);
    return new Installed();
  }

  /** The engine's code in one of its builds. */
  wasm(build: "compat" | "full"): string {
    return join(this.folder, "dist/generated", build, "hearth_bg.wasm");
  }

  /** A project in a folder of its own, whose script is the README's. */
  project(name: string): string {
    const folder = join(PROJECTS, name);
    cpSync(join(FIXTURES, name), folder, { recursive: true });
    writeFileSync(join(folder, "example.js"), readmeExample());
    return folder;
  }

  /** Puts the package's files where a page finds them. */
  copyTo(folder: string): void {
    cpSync(join(this.folder, "dist"), folder, { recursive: true });
  }
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
