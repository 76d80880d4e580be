/** Language models in the browser tab. */
export { Hearth } from "./client.js";
export { HearthError, type HearthErrorCode } from "./error.js";
export type * from "./interface.js";
export { chooseBuild, type Features, probe } from "./probe.js";
export { ModelStore } from "./storage/store.js";
export type * from "./storage/interface.js";
