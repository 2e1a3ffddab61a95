import { crc32, deflateSync, inflateSync } from 'node:zlib';

interface Frame {
  /** A PNG in the format of Chromium's screenshots: 8 bits each for red, green and blue, not interlaced. */
  png: Buffer;
  /** How long the frame is shown, in milliseconds. */
  ms: number;
}

/**
 * An animated PNG that repeats without end. Each frame contains only the area that differs from the frame before.
 * Source: https://www.w3.org/TR/png-3/#apng-frame-based-animation
 * @throws Error if a frame is not such a PNG, or its size differs from the first
 */
export function animatedPng(frames: readonly Frame[]): Buffer {
  const [first, ...rest] = frames.map(({ png, ms }) => ({ ...readPng(png), ms }));
  if (first === undefined) throw new Error('An animation needs at least one frame');
  const { width, height } = first;
  let sequence = 0;
  const control = ({ left, top, ...area }: Area, ms: number): Buffer => {
    const numbers = uint32(sequence++, area.width, area.height, left, top);
    // The duration is a fraction in milliseconds. The frame is kept, and the next frame is drawn over it.
    return chunk('fcTL', numbers, uint16(ms, 1000), Buffer.of(0, 1));
  };
  const all: Area = { left: 0, top: 0, width, height };
  const header = Buffer.of(8, 6, 0, 0, 0);
  const parts = [
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', uint32(width, height), header),
    chunk('acTL', uint32(frames.length, 0)),
    control(all, first.ms),
    chunk('IDAT', compress(first.pixels, all, width)),
  ];
  let shown = first.pixels;
  for (const { pixels, ms, ...size } of rest) {
    if (size.width !== width || size.height !== height)
      throw new Error('The frames must have the same size');
    const area = changedArea(shown, pixels, width);
    const difference = pixels.map((pixel, index) => (pixel === shown[index] ? 0 : pixel));
    parts.push(control(area, ms));
    parts.push(chunk('fdAT', uint32(sequence++), compress(difference, area, width)));
    shown = pixels;
  }
  return Buffer.concat([...parts, chunk('IEND')]);
}

interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Picture {
  width: number;
  height: number;
  /** Red, green, blue and alpha of each pixel, in the byte order of the machine. */
  pixels: Uint32Array;
}

/** The smallest area that contains all pixels that differ. If none differs, it is one pixel. */
function changedArea(before: Uint32Array, after: Uint32Array, width: number): Area {
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (const [index, pixel] of after.entries()) {
    if (pixel === before[index]) continue;
    const column = index % width;
    left = Math.min(left, column);
    right = Math.max(right, column);
    bottom = Math.floor(index / width);
    if (top < 0) top = bottom;
  }
  if (top < 0) return { left: 0, top: 0, width: 1, height: 1 };
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * The pixels of an area as rows of a PNG. They have no filter: then plain areas and repeated text compress best.
 */
function compress(pixels: Uint32Array, area: Area, width: number): Buffer {
  const rows = Buffer.alloc(area.height * (1 + 4 * area.width));
  for (let row = 0; row < area.height; row += 1) {
    const start = (area.top + row) * width + area.left;
    const bytes = new Uint8Array(pixels.buffer, 4 * start, 4 * area.width);
    rows.set(bytes, row * (1 + bytes.length) + 1);
  }
  return deflateSync(rows, { level: 9, memLevel: 9 });
}

function readPng(png: Buffer): Picture {
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const start = at + 8;
    const type = png.toString('latin1', at + 4, start);
    if (type === 'IDAT') data.push(png.subarray(start, start + png.readUInt32BE(at)));
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  if (png.toString('hex', 24, 29) !== '0802000000')
    throw new Error('A frame must be a PNG in 8-bit RGB');
  const bytes = unfilter(inflateSync(Buffer.concat(data)), 3 * width, height);
  const rgba = new Uint8Array(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    rgba.set(bytes.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  }
  return { width, height, pixels: new Uint32Array(rgba.buffer) };
}

/** The bytes of the rows, with PNG's filters undone. Source: https://www.w3.org/TR/png-3/#9Filters */
function unfilter(filtered: Buffer, rowLength: number, height: number): Uint8Array {
  const bytes = new Uint8Array(rowLength * height);
  for (let row = 0; row < height; row += 1) {
    const filter = filtered[row * (rowLength + 1)];
    for (let column = 0; column < rowLength; column += 1) {
      const at = row * rowLength + column;
      const left = column < 3 ? 0 : (bytes[at - 3] ?? 0);
      const above = row === 0 ? 0 : (bytes[at - rowLength] ?? 0);
      const corner = column < 3 || row === 0 ? 0 : (bytes[at - rowLength - 3] ?? 0);
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter ?? 0];
      bytes[at] = (filtered[at + row + 1] ?? 0) + (guess ?? 0);
    }
  }
  return bytes;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const distance = (value: number) => Math.abs(guess - value);
  if (distance(left) <= distance(above) && distance(left) <= distance(corner)) return left;
  return distance(above) <= distance(corner) ? above : corner;
}

function chunk(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  return Buffer.concat([uint32(body.length - 4), body, uint32(crc32(body))]);
}

function uint32(...values: readonly number[]): Buffer {
  return Buffer.from(new Uint32Array(values).buffer).swap32();
}

function uint16(...values: readonly number[]): Buffer {
  return Buffer.from(new Uint16Array(values).buffer).swap16();
}
