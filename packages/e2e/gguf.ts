/** Just enough GGUF to make test models of another: other metadata, other tensors. */

/** Type numbers of metadata values; a string, and an array of them, are the two with a length. */
export const TYPE = { uint32: 4, float32: 6, bool: 7, string: 8, array: 9 } as const;
/** Type numbers of tensors. */
export const TENSOR = { f32: 0, q8_0: 8 } as const;

/** A metadata value in its bytes, without its type. */
export interface MetadataValue {
  readonly type: number;
  readonly bytes: Buffer;
}

export interface Tensor {
  readonly name: string;
  /** As in the file: the first one is a row's length. */
  readonly dims: readonly number[];
  readonly type: number;
  readonly data: Buffer;
}

export interface Gguf {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: readonly Tensor[];
}

const MAGIC = "GGUF";
const ALIGNMENT = 32;
const SCALAR_BYTES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

export const text = (value: string): MetadataValue => ({ type: TYPE.string, bytes: string(value) });
/** The string that a value holds: its length is 8 bytes. */
export const textOf = ({ bytes }: MetadataValue): string => bytes.subarray(8).toString();
export const uint32 = (value: number): MetadataValue => ({ type: TYPE.uint32, bytes: u32(value) });

/** Reads a file that is known to be sound. */
export function readGguf(file: Buffer): Gguf {
  const reader = new Reader(file);
  if (reader.take(4).toString() !== MAGIC) throw new Error("not a GGUF file");
  reader.u32();
  const nTensors = reader.u64();
  const nValues = reader.u64();
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < nValues; i++) metadata.set(reader.string(), reader.value());
  const directory = Array.from({ length: nTensors }, () => reader.tensor());
  const start = aligned(reader.offset);
  const tensors = directory.map(({ offset, ...tensor }, i) => {
    const end = directory[i + 1]?.offset ?? file.length - start;
    return { ...tensor, data: file.subarray(start + offset, start + end) };
  });
  return { metadata, tensors };
}

/** The file in pieces, in the order to be written, so that a large one is never in memory as a whole. */
export function* writeGguf({ metadata, tensors }: Gguf): Generator<Buffer> {
  const header = [Buffer.from(MAGIC), u32(3), u64(tensors.length), u64(metadata.size)];
  for (const [key, { type, bytes }] of metadata) header.push(string(key), u32(type), bytes);
  let offset = 0;
  for (const { name, dims, type, data } of tensors) {
    header.push(string(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset));
    offset += aligned(data.length);
  }
  yield padded(Buffer.concat(header));
  for (const tensor of tensors) yield padded(tensor.data);
}

class Reader {
  offset = 0;
  constructor(private readonly file: Buffer) {}

  take(length: number): Buffer {
    this.offset += length;
    return this.file.subarray(this.offset - length, this.offset);
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  u64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  string(): string {
    return this.take(this.u64()).toString();
  }

  value(): MetadataValue {
    const type = this.u32();
    const start = this.offset;
    this.skip(type);
    return { type, bytes: this.file.subarray(start, this.offset) };
  }

  tensor(): Omit<Tensor, "data"> & { offset: number } {
    const name = this.string();
    const dims = Array.from({ length: this.u32() }, () => this.u64());
    return { name, dims, type: this.u32(), offset: this.u64() };
  }

  private skip(type: number): void {
    if (type === TYPE.string) {
      this.take(this.u64());
    } else if (type === TYPE.array) {
      const itemType = this.u32();
      const length = this.u64();
      for (let i = 0; i < length; i++) this.skip(itemType);
    } else {
      this.take(SCALAR_BYTES[type] ?? 0);
    }
  }
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function padded(bytes: Buffer): Buffer {
  const padding = aligned(bytes.length) - bytes.length;
  return padding === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(padding)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
