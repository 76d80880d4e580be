/** What the build of the single file makes of imports with these endings (`build/single-file.ts`). */

/** The module and all that it imports, as the text of a classic script. */
declare module "*?script" {
  const text: string;
  export default text;
}

/** The id of the element whose text is the file in base64. */
declare module "*?block" {
  const id: string;
  export default id;
}

/** The same, compressed before. */
declare module "*?block=gzip" {
  const id: string;
  export default id;
}
