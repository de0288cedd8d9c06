/** One picture of a Windows icon: PNG bytes and its edge in pixels (at most 256). */
export interface IconPicture {
  readonly edge: number;
  readonly png: Uint8Array;
}

/** Puts PNG pictures into the container of a Windows `.ico` file: header, one directory entry a picture, the pictures. */
export function encodeIco(pictures: readonly IconPicture[]): Uint8Array {
  const headerSize = 6 + 16 * pictures.length;
  const file = Buffer.alloc(headerSize + pictures.reduce((size, { png }) => size + png.length, 0));
  file.writeUInt16LE(1, 2);
  file.writeUInt16LE(pictures.length, 4);
  let offset = headerSize;
  pictures.forEach(({ edge, png }, index) => {
    const entry = 6 + 16 * index;
    // An edge of 256 is written as 0.
    file.writeUInt8(edge % 256, entry);
    file.writeUInt8(edge % 256, entry + 1);
    file.writeUInt16LE(1, entry + 4);
    file.writeUInt16LE(32, entry + 6);
    file.writeUInt32LE(png.length, entry + 8);
    file.writeUInt32LE(offset, entry + 12);
    file.set(png, offset);
    offset += png.length;
  });
  return file;
}
