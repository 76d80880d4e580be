/** Numbers with a shape, as transformers.js gives them. */
import { HearthError } from "../../error.js";

/** Numbers in rows. */
export class Tensor {
  constructor(
    readonly type: "float32" | "int8" | "uint8",
    readonly data: Float32Array | Int8Array | Uint8Array,
    /** Sizes of the dimensions: `[texts, numbers]`. */
    readonly dims: readonly number[],
  ) {}

  get size(): number {
    return this.data.length;
  }

  /** As lists: one for each text. */
  tolist(): number[][] {
    const [rows = 0, columns = 0] = this.dims;
    return Array.from({ length: rows }, (_, row) => [...this.data.subarray(row * columns, (row + 1) * columns)]);
  }
}

/** One bit for each number: whether it is above zero. `binary` counts bytes from -128, `ubinary` from 0. */
export function quantizeEmbeddings({ data, dims }: Tensor, precision: "binary" | "ubinary"): Tensor {
  const [rows = 0, columns = 0] = dims;
  if (columns % 8 !== 0) throw new HearthError("bad_argument", `Vectors of ${columns} numbers make no whole bytes of bits.`, { param: "quantize" });
  const bytes = Uint8Array.from({ length: data.length / 8 }, (_, at) =>
    [...data.subarray(at * 8, at * 8 + 8)].reduce((byte, number) => byte * 2 + (number > 0 ? 1 : 0), 0),
  );
  const shape = [rows, columns / 8];
  if (precision === "ubinary") return new Tensor("uint8", bytes, shape);
  return new Tensor("int8", Int8Array.from(bytes, (byte) => byte - 128), shape);
}
