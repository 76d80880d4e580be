/** The two HTTP headers of ranged reading (RFC 9110, 14). */

/** `Range` for `length` bytes from `offset` on. */
export function rangeHeader(offset: number, length: number): string {
  return `bytes=${offset}-${offset + length - 1}`;
}

/** The size of the whole, of `Content-Range: bytes 0-0/1234`; `undefined` where it is not told. */
export function totalOfContentRange(header: string | null): number | undefined {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(header ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}
