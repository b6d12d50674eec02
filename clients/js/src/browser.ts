// For pages without a bundler: the client, and what they need of RxJS.
export * from "./index.js";
export { merge } from "rxjs";
