// Pictures for the guides: a screenshot with its colours cut down to a palette of 256, which is a fraction of its size.
// https://www.w3.org/TR/png-3/
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

/** The file again, with one byte for each pixel. */
export function smaller(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = [...counts].sort(([, a], [, b]) => b - a).slice(0, 256).map(([colour]) => colour);
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const rows = Buffer.alloc(height * (width + 1));
  for (const [at, pixel] of pixels.entries()) {
    let place = places.get(pixel);
    if (place === undefined) places.set(pixel, (place = nearest(palette, pixel)));
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = place;
  }
  const colours = Buffer.from(palette.flatMap((it) => [it >> 16, (it >> 8) & 255, it & 255]));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits for each pixel, which are its place in the palette.
  header.set([8, 3], 8);
  const data = deflateSync(rows, { level: 9 });
  const chunks = [chunk("IHDR", header), chunk("PLTE", colours), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

/** The colours of a screenshot, one number each: eight bits a channel, without or with alpha, not interlaced. */
function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const data: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = png[25] === 6 ? 4 : 3;
  const lines = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  let above = new Uint8Array(stride);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const filter = lines[start];
    const line = new Uint8Array(lines.subarray(start + 1, start + 1 + stride));
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : line[x - channels]!;
      const corner = x < channels ? 0 : above[x - channels]!;
      line[x]! += [0, left, above[x]!, (left + above[x]!) >> 1, paeth(left, above[x]!, corner)][filter!]!;
    }
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = line.subarray(x * channels, x * channels + 3);
      pixels[y * width + x] = (red! << 16) | (green! << 8) | blue!;
    }
    above = line;
  }
  return { width, height, pixels };
}

/** PNG's fourth filter: of the three neighbours the one that is nearest to where they lead. */
function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [left, above, corner].map((it) => Math.abs(left + above - corner - it)) as [number, number, number];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

function nearest(palette: number[], colour: number): number {
  const channels = (it: number) => [it >> 16, (it >> 8) & 255, it & 255];
  const wanted = channels(colour);
  const far = (it: number) => channels(it).reduce((sum, channel, at) => sum + (channel - wanted[at]!) ** 2, 0);
  let [best, least] = [0, Infinity];
  for (const [place, it] of palette.entries()) {
    const distance = far(it);
    if (distance < least) [best, least] = [place, distance];
  }
  return best;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
