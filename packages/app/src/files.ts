/** Files that the page hands to the person. */

/** Characters that some system refuses in names. */
const FORBIDDEN = /[\\/:*?"<>|\p{Cc}]+/gu;

/** Hands out JSON as a file of that name, to which the ending is added. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.replace(FORBIDDEN, "_").replace(/[. ]+$/, "")}.json`;
  link.click();
  // The download reads it after this call.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
