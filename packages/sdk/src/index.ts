/** Language models in the browser tab. */
export { HearthError, type HearthErrorCode } from "./error.js";
export { forgetMachine } from "./forget.js";
export { Hearth } from "./hearth.js";
export type * from "./interface.js";
export { Session, type SessionParams } from "./session.js";
export { remoteFiles } from "./model-source.js";
export { chooseBuild, type Features, probe } from "./probe.js";
export { ModelStore } from "./storage/store.js";
export type * from "./storage/interface.js";
